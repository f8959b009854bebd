package shim

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// supervised is a shim whose supervisors do as role says.
func supervised(t *testing.T, role string) *shim {
	t.Helper()
	t.Setenv(supEnv, role)
	t.Setenv("GORACE", "atexit_sleep_ms=0")
	s, _ := testShim(t)
	s.sup.link = nil // the test's end closes it
	return s
}

// nextEnd waits for the end of the supervisor and has the shim see it. While
// the lock is held by the test nothing else can begin.
func (s *shim) nextEnd(t *testing.T) {
	t.Helper()
	for first := s.sup.pid; s.sup.pid == first; {
		if !waitForChild() {
			t.Fatal("there is no supervisor")
		}
		s.reapOne(-1) // the next one may have ended, too, by now
	}
}

// A supervisor that dies at once is followed at once, but not for ever.
func TestHastySupervisors(t *testing.T) {
	s := supervised(t, "dies")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.startSupervisor()
	for death := 1; death <= freeHasty; death++ {
		first := s.sup.pid
		s.nextEnd(t)
		if s.sup.pid == 0 || s.sup.pid == first || s.sup.hasty != death {
			t.Fatalf("after death %d: %+v", death, s.sup)
		}
	}
	s.nextEnd(t)
	if s.sup.pid != 0 || s.sup.hasty != freeHasty+1 {
		t.Errorf("after death %d: %+v, want a wait", freeHasty+1, s.sup)
	}
	s.quitting = true // what waits finds it so
}

// One that has served for a while is no hasty one.
func TestSupervisorThatServed(t *testing.T) {
	for _, tt := range []struct {
		name  string
		ready bool
		since time.Duration
		want  int
	}{
		{"served", true, time.Hour, 1},
		{"came up and died at once", true, -time.Hour, 3},
		{"never came up", false, time.Hour, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := supervised(t, "dies")
			s.mu.Lock()
			defer s.mu.Unlock()
			s.sup.hasty = 2
			s.startSupervisor()
			s.sup.ready, s.sup.since = tt.ready, time.Now().Add(-tt.since)
			s.nextEnd(t)
			if s.sup.hasty != tt.want {
				t.Errorf("%d hasty deaths in a row, want %d", s.sup.hasty, tt.want)
			}
			s.quitting = true
			s.nextEnd(t)
		})
	}
}

// A supervisor that cannot even be started, after one that had served long: it
// is tried some times, and then with a wait.
func TestSupervisorThatCannotBeStarted(t *testing.T) {
	s := supervised(t, "dies")
	s.mu.Lock()
	defer s.mu.Unlock()
	old := selfExe
	defer func() { selfExe = old }()
	selfExe = "/no/such/forever"
	s.sup.ready, s.sup.since = true, time.Now().Add(-time.Hour)
	s.supervisorGone()
	if s.sup.pid != 0 || s.sup.link != nil || s.sup.hasty != freeHasty+1 {
		t.Errorf("got %+v, want a wait after %d tries", s.sup, freeHasty+1)
	}
	s.quitting = true
}

// A supervisor takes the inventory, says that it is ready, and is served.
func TestSupervisorIsServed(t *testing.T) {
	s := supervised(t, "asks")
	s.mu.Lock()
	s.opened(t, "u:0")
	s.startSupervisor()
	s.mu.Unlock()
	if !waitForChild() {
		t.Fatal("there is no supervisor")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quitting = true
	if !s.sup.ready {
		t.Error("it is not known to be ready")
	}
	if _, ok := s.slots["v:0"]; !ok {
		t.Error("the slot that it asked for is not there")
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(s.sup.pid, &status, 0, nil); err != nil || status.ExitStatus() != 0 {
		t.Errorf("it ended with code %d, %v", status.ExitStatus(), err)
	}
	s.supervisorEnded(status)
	if s.sup.pid != 0 || s.sup.link != nil {
		t.Errorf("after its end: %+v", s.sup)
	}
}

// garbage is a file that may be executed and is no program.
func garbage(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "new")
	if err := os.WriteFile(path, []byte("\x00garbage"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// A new binary that is no program: the old one is in charge again, and whoever
// asked is told.
func TestUpdateToWhatCannotBeExecuted(t *testing.T) {
	s := supervised(t, "dies")
	s.mu.Lock()
	defer s.mu.Unlock()
	path := garbage(t)
	if err := s.beginUpdate(path, "r"); err != nil {
		t.Fatal(err)
	}
	if err := s.beginUpdate(path, "r2"); err == nil {
		t.Error("a second update at the same time was begun")
	}
	s.startSupervisor()
	if s.update != nil || s.result == nil || s.result.Request != "r" || !strings.Contains(s.result.Error, path) || s.sup.pid == 0 {
		t.Fatalf("update %+v, result %+v, supervisor %+v", s.update, s.result, s.sup)
	}
	s.quitting = true
	s.nextEnd(t)
}

// A new binary whose supervisor dies before it serves, the same.
func TestUpdateThatDoesNotComeUp(t *testing.T) {
	s := supervised(t, "dies")
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.beginUpdate(selfExe, "r"); err != nil {
		t.Fatal(err)
	}
	s.startSupervisor()
	if s.update == nil || s.update.pid != s.sup.pid {
		t.Fatalf("nobody is on trial: %+v", s.update)
	}
	s.nextEnd(t)
	if s.update != nil || s.result == nil || !strings.Contains(s.result.Error, "exit code 3") || s.sup.pid == 0 {
		t.Errorf("update %+v, result %+v, supervisor %+v", s.update, s.result, s.sup)
	}
	s.quitting = true
	s.nextEnd(t)
}

func TestUpdateToNothing(t *testing.T) {
	s, _ := testShim(t)
	for _, exe := range []string{"", "/no/such/forever", os.DevNull} {
		if err := s.beginUpdate(exe, "r"); err == nil {
			t.Errorf("update to %q was begun", exe)
		}
	}
	if s.update != nil {
		t.Error("an update is under way")
	}
}

// Nothing is begun by a shim that ends.
func TestQuit(t *testing.T) {
	s := supervised(t, "dies")
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.quit(); m != nil {
		t.Fatalf("refused: %s", m.Error)
	}
	select {
	case <-s.done:
	default:
		t.Error("it does not end")
	}
	s.startSupervisor()
	if s.sup.pid != 0 {
		t.Error("a supervisor was started")
	}
	if m := s.quit(); m != nil {
		t.Errorf("asked again: %s", m.Error)
	}
}
