package proc

import (
	"strings"
	"syscall"
	"testing"
)

func TestSignalNamesComeBack(t *testing.T) {
	for sig := syscall.Signal(1); sig <= lastSignal; sig++ {
		name := SignalName(sig)
		if strings.HasPrefix(name, "signal ") {
			continue
		}
		for _, s := range []string{name, strings.ToLower(name), strings.TrimPrefix(name, "SIG")} {
			if got, err := ParseSignal(s); err != nil || got != sig {
				t.Errorf("ParseSignal(%q) = %d, %v, want %d", s, got, err, sig)
			}
		}
	}
}

func TestParseSignal(t *testing.T) {
	for s, want := range map[string]syscall.Signal{
		"TERM": syscall.SIGTERM, "SIGTERM": syscall.SIGTERM, "sigterm": syscall.SIGTERM,
		"Term": syscall.SIGTERM, "15": syscall.SIGTERM, "9": syscall.SIGKILL,
	} {
		if got, err := ParseSignal(s); err != nil || got != want {
			t.Errorf("ParseSignal(%q) = %v, %v, want %v", s, got, err, want)
		}
	}
}

func TestParseSignalHelps(t *testing.T) {
	for s, hint := range map[string]string{
		"SIGTREM": "SIGTERM", "kil": "SIGKILL", "hupp": "SIGHUP", "": "SIG",
		"0": "1 to", "-1": "1 to", "65": "1 to", "SIGRTMIN+99": "SIG", "SIGRTMIN-1": "SIG",
		"SIGRTMIN+": "SIG", "SIGRTMIN++1": "SIG", "SIGRTMAX+1": "SIG",
	} {
		_, err := ParseSignal(s)
		if err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("ParseSignal(%q): %v, want an error with %q", s, err, hint)
		}
	}
}

func TestUnknownSignalName(t *testing.T) {
	for _, sig := range []syscall.Signal{0, 77, -1} {
		if name := SignalName(sig); !strings.HasPrefix(name, "signal ") {
			t.Errorf("SignalName(%d) = %q", int(sig), name)
		}
	}
}

func FuzzParseSignal(f *testing.F) {
	for _, s := range []string{"TERM", "sigrtmin+3", "RTMAX-2", "15", "SIG", "+1", "SIGRTMIN+\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sig, err := ParseSignal(s)
		if err == nil && (sig < 1 || sig > lastSignal) {
			t.Errorf("ParseSignal(%q) = %d", s, sig)
		}
	})
}
