package proc

import (
	"syscall"
	"testing"
)

func TestRealTimeSignals(t *testing.T) {
	for s, want := range map[string]syscall.Signal{
		"SIGRTMIN": 34, "rtmin": 34, "SIGRTMIN+3": 37, "RTMIN+30": 64, "SIGRTMAX": 64, "RTMAX-1": 63,
		"SIGPOLL": 29, "SIGIO": 29, "SIGIOT": 6, "SIGCLD": 17,
	} {
		if got, err := ParseSignal(s); err != nil || got != want {
			t.Errorf("ParseSignal(%q) = %d, %v, want %d", s, got, err, want)
		}
	}
	for sig, want := range map[syscall.Signal]string{
		34: "SIGRTMIN", 37: "SIGRTMIN+3", 64: "SIGRTMIN+30", 32: "signal 32", 65: "signal 65", 29: "SIGIO",
	} {
		if got := SignalName(sig); got != want {
			t.Errorf("SignalName(%d) = %q, want %q", int(sig), got, want)
		}
	}
}
