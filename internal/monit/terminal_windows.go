package monit

import (
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// Windows tells of Ctrl-C alone; the size of the window is looked at as often as
// it is drawn, and there is nothing like Ctrl-Z.

func caughtSignals() []os.Signal { return []os.Signal{os.Interrupt} }

func meaning(os.Signal) event { return eventEnd }

func stopSelf() {}

// prepare makes the console understand control sequences, which Windows 10 does
// not do unasked.
func prepare(out *os.File) error {
	var mode uint32
	h := windows.Handle(out.Fd())
	err := windows.GetConsoleMode(h, &mode)
	if err == nil {
		err = windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING)
	}
	if err != nil {
		return fmt.Errorf("draw on this console: %w", err)
	}
	return nil
}
