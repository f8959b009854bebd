//go:build unix

package supervisor

import (
	"syscall"
	"testing"
	"time"

	"forever/internal/wire"
)

func TestNewExit(t *testing.T) {
	const core = syscall.WaitStatus(0x80)
	tests := []struct {
		name   string
		status syscall.WaitStatus
		known  bool
		want   wire.Exit
	}{
		{"well", code(0), true, wire.Exit{Code: 0, Reason: "exit code 0"}},
		{"a code", code(3), true, wire.Exit{Code: 3, Reason: "exit code 3"}},
		{"the highest code", code(255), true, wire.Exit{Code: 255, Reason: "exit code 255"}},
		{"SIGTERM", signaled(syscall.SIGTERM), true, wire.Exit{Code: 143, Signal: "SIGTERM", Reason: "killed by SIGTERM"}},
		{"SIGSEGV with a core", signaled(syscall.SIGSEGV) | core, true,
			wire.Exit{Code: 139, Signal: "SIGSEGV", Core: true, Reason: "killed by SIGSEGV (core dumped)"}},
		{"SIGSEGV without one", signaled(syscall.SIGSEGV), true, wire.Exit{Code: 139, Signal: "SIGSEGV", Reason: "killed by SIGSEGV"}},
		{"SIGKILL", signaled(syscall.SIGKILL), true, wire.Exit{Code: 137, Signal: "SIGKILL", Reason: "killed by SIGKILL"}},
		{"unknown", code(7), false, wire.Exit{Code: -1, Reason: "ended while forever was being replaced; exit code unknown"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.PID, tt.want.At, tt.want.RanMS = 7, wire.Moment{Time: dawn}, 1500
			got := newExit(wire.ShimExit{PID: 7, Status: uint32(tt.status), Known: tt.known, At: dawn},
				dawn.Add(-1500*time.Millisecond))
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// The clock may have been set back, and the start may not be known.
func TestNewExitRanNoNegativeTime(t *testing.T) {
	for name, started := range map[string]time.Time{"unknown": {}, "in the future": dawn.Add(time.Hour)} {
		if x := newExit(wire.ShimExit{Known: true, At: dawn}, started); x.RanMS != 0 {
			t.Errorf("start %s: ran %d ms, want 0", name, x.RanMS)
		}
	}
}

func TestExitCodeOfWhatCannotBeExecuted(t *testing.T) {
	for errno, want := range map[syscall.Errno]int{
		syscall.ENOENT: 127, syscall.EACCES: 126, syscall.ENOEXEC: 126, 0: 126,
	} {
		if got := exitCode(int(errno)); got != want {
			t.Errorf("%v: got %d, want %d", errno, got, want)
		}
	}
}

// A list of ends that is told of is not changed by the next.
func TestExitsAreKeptNewestFirstAndFew(t *testing.T) {
	in := &instance{}
	for i := range keptExits + 5 {
		before := in.exits
		in.remember(wire.Exit{PID: i})
		if len(before) > 0 && before[0].PID != i-1 {
			t.Fatalf("the list from before end %d was changed", i)
		}
	}
	if len(in.exits) != keptExits || in.exits[0].PID != keptExits+4 || in.exits[keptExits-1].PID != 5 {
		t.Errorf("kept %v", in.exits)
	}
}
