package shim

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/wire"
	"forever/pidfile"
)

// handsOver has a process take the place of another in a slot.
func (s *shim) handsOver(key string, to, from pidfile.Process) *wire.ShimMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, _ := s.do(&wire.ShimMessage{
		Op: wire.OpMain, Slot: key, PID: to.PID, Start: to.Start, Origin: &wire.Origin{PID: from.PID, Start: from.Start},
	}, nil)
	return m
}

func identify(t *testing.T, pid int) pidfile.Process {
	t.Helper()
	id, err := pidfile.Identify(pid)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// heir is the process of which the slot's program tells.
func (sl *slot) heir(t *testing.T) pidfile.Process {
	t.Helper()
	pid, err := strconv.Atoi(sl.says(t))
	if err != nil {
		t.Fatal(err)
	}
	return identify(t, pid)
}

// The end of the first has come before the word that it hands over: it counts no
// more, and that of the next does, in its group or in one of its own.
func TestHandOver(t *testing.T) {
	for _, role := range []string{"member", "orphan"} {
		t.Run(role, func(t *testing.T) {
			sameDescriptors(t)
			s, peer := testShim(t)
			sl := s.opened(t, "u:0")
			s.started(t, "u:0", role)
			e := s.reaped(t, peer, 1)[0]
			first, heir := pidfile.Process{PID: e.PID, Start: e.Start}, sl.heir(t)
			m := s.handsOver("u:0", heir, first)
			if m.Op != wire.OpSlot || m.PID != heir.PID || m.Start != heir.Start || m.Origin == nil || m.Origin.PID != first.PID || len(m.Exits) != 0 {
				t.Fatalf("answered %+v", m)
			}
			if again := s.handsOver("u:0", heir, first); again.Error == "" {
				t.Errorf("by one that has ended: %+v", again)
			}
			if next := s.spawn("u:0", playing("sleep"), nil); next.PID != 0 {
				t.Errorf("a second copy: %+v", next)
			}
			if err := s.signal("u:0", int(syscall.SIGTERM), true); err != nil {
				t.Error(err)
			}
			e = s.reaped(t, peer, 1)[0]
			if e.PID != heir.PID || !e.Known || syscall.WaitStatus(e.Status).Signal() != syscall.SIGTERM || e.Alone {
				t.Errorf("its end: %+v", e)
			}
			if m := s.spawn("u:0", playing("exit 0"), nil); m.Error != "" || sl.origin != nil {
				t.Errorf("its next process: %+v, started as %+v", m, sl.origin)
			}
			s.reaped(t, peer, 1)
		})
	}
}

// One that stays when it has handed over is nobody's end. Its child is ours when
// it has gone, and how that ends is known.
func TestHandOverByOneThatStays(t *testing.T) {
	sameDescriptors(t)
	s, peer := testShim(t)
	sl := s.opened(t, "u:0")
	first := identify(t, s.started(t, "u:0", "parent"))
	heir := sl.heir(t)
	if m := s.handsOver("u:0", heir, first); m.Op != wire.OpSlot || m.PID != heir.PID {
		t.Fatalf("answered %+v", m)
	}
	a := nextLife(t, s)
	if o := a.Slots[0].Origin; o == nil || o.PID != first.PID {
		t.Errorf("the next life of the shim gets %+v", a.Slots[0])
	}
	if err := unix.Kill(first.PID, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.collected(t, first.PID)
	if err := unix.Kill(heir.PID, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	m, _, err := peer.Recv()
	if err != nil || m.Op != wire.OpExit || m.Exits[0].PID != heir.PID || !m.Exits[0].Known || syscall.WaitStatus(m.Exits[0].Status).Signal() != syscall.SIGKILL {
		t.Errorf("told %+v, %v", m, err)
	}
}

// collected returns when a process that has ended, or is about to, has been reaped.
func (s *shim) collected(t *testing.T, pid int) {
	t.Helper()
	for unix.Kill(pid, 0) == nil {
		if !waitForChild() {
			t.Fatalf("process %d is no child", pid)
		}
		s.mu.Lock()
		s.reapAll()
		s.mu.Unlock()
	}
}

// A signal to the group reaches both where the heir has a group of its own.
func TestSignalAfterAHandOver(t *testing.T) {
	s, peer := testShim(t)
	sl := s.opened(t, "u:0")
	first := identify(t, s.started(t, "u:0", "parent"))
	heir := sl.heir(t)
	s.handsOver("u:0", heir, first)
	s.mu.Lock()
	err := s.signal("u:0", int(syscall.SIGTERM), true)
	s.mu.Unlock()
	if err != nil {
		t.Error(err)
	}
	if m, _, err := peer.Recv(); err != nil || m.Op != wire.OpExit || m.Exits[0].PID != heir.PID {
		t.Errorf("told %+v, %v", m, err)
	}
	s.collected(t, first.PID)
}

// It may take its place back; then it is as if nothing had been.
func TestHandOverBack(t *testing.T) {
	s, peer := testShim(t)
	sl := s.opened(t, "u:0")
	first := identify(t, s.started(t, "u:0", "parent"))
	heir := sl.heir(t)
	s.handsOver("u:0", heir, first)
	if m := s.handsOver("u:0", first, heir); m.PID != first.PID || m.Origin != nil {
		t.Errorf("answered %+v", m)
	}
	if err := unix.Kill(heir.PID, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := s.signal("u:0", int(syscall.SIGKILL), true); err != nil {
		t.Error(err)
	}
	if e := s.reaped(t, peer, 1)[0]; e.PID != first.PID || !e.Known {
		t.Errorf("its end: %+v", e)
	}
	s.collected(t, heir.PID)
}

func TestHandOverIsRefused(t *testing.T) {
	s, peer := testShim(t)
	s.opened(t, "u:0")
	s.opened(t, "v:0")
	s.opened(t, "w:0")
	first, other := identify(t, s.started(t, "u:0", "sleep")), identify(t, s.started(t, "v:0", "sleep"))
	own, older := identify(t, os.Getpid()), first
	older.Start--
	for name, tt := range map[string]struct {
		slot     string
		to, from pidfile.Process
		want     string
	}{
		"no slot":         {"x:0", own, first, "is another by now"},
		"an empty slot":   {"w:0", own, pidfile.Process{}, "is another by now"},
		"of another":      {"u:0", own, other, "is another by now"},
		"of one before":   {"u:0", own, older, "is another by now"},
		"to the shim":     {"u:0", own, first, "forever's own"},
		"to another slot": {"u:0", other, first, "is that of slot v:0"},
		"to nobody":       {"u:0", pidfile.Process{PID: 1 << 30, Start: 1}, first, "hand over"},
		"to one before":   {"u:0", older, first, "hand over"},
	} {
		if m := s.handsOver(tt.slot, tt.to, tt.from); m.Op != wire.OpDone || !strings.Contains(m.Error, tt.want) {
			t.Errorf("%s: answered %+v, want %q", name, m, tt.want)
		}
	}
	if m, _ := s.do(&wire.ShimMessage{Op: wire.OpMain, Slot: "u:0", PID: own.PID}, nil); m.Error == "" {
		t.Errorf("with nothing said about whose place: %+v", m)
	}
	for _, key := range []string{"u:0", "v:0"} {
		if err := s.signal(key, int(syscall.SIGKILL), true); err != nil {
			t.Error(err)
		}
	}
	s.reaped(t, peer, 2)
}
