package cli

import "os"

// Windows has no foreground run: see foreground. What it would need of signals
// is here so that the rest is one program.

func caughtSignals() []os.Signal   { return []os.Signal{os.Interrupt} }
func endsRun(sig os.Signal) bool   { return sig == os.Interrupt }
func stopSignal(os.Signal) string  { return "" }
func signalText(os.Signal) string  { return "" }
func signalCode(sig os.Signal) int { return codeFailed }
