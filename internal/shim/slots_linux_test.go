package shim

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/wire"
)

func TestSlotIsOpenedOnce(t *testing.T) {
	sameDescriptors(t)
	s, _ := testShim(t)
	first, fds := s.open("u:0", []string{StreamOut, StreamErr})
	again, fdsAgain := s.open("u:0", []string{"other"})
	if first.Op != wire.OpSlot || strings.Join(again.Streams, " ") != "out err" || fds[0] != fdsAgain[0] {
		t.Errorf("first %+v %v, then %+v %v", first, fds, again, fdsAgain)
	}
	for _, fd := range append(fds, s.slots["u:0"].pipes[0].write) {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("descriptor %d would go along to every program (%v)", fd, err)
		}
	}
}

func TestSpawn(t *testing.T) {
	s, peer := testShim(t)
	sl := s.opened(t, "u:0")
	pid := s.started(t, "u:0", "sleep")
	if got := sl.says(t); got != strconv.Itoa(pid) {
		t.Errorf("process %s prints, %d was started", got, pid)
	}
	m := s.spawn("u:0", playing("sleep"), nil)
	if m.PID != 0 || !strings.Contains(m.Error, "u:0 runs already as PID "+strconv.Itoa(pid)) {
		t.Errorf("a second copy: %+v", m)
	}
	if err := s.signal("u:0", int(syscall.SIGTERM), true); err != nil {
		t.Error(err)
	}
	exits := s.reaped(t, peer, 1)
	if e := exits[0]; e.PID != pid || !e.Known || syscall.WaitStatus(e.Status).Signal() != syscall.SIGTERM || !e.Alone || e.Start == 0 {
		t.Errorf("its end: %+v", e)
	}
	if err := s.signal("u:0", int(syscall.SIGTERM), true); err != syscall.ESRCH {
		t.Errorf("signal to nobody: %v", err)
	}
}

// The next process of a slot writes into the same pipe.
func TestPipesOutliveAProcess(t *testing.T) {
	s, peer := testShim(t)
	sl := s.opened(t, "u:0")
	for range 2 {
		pid := s.started(t, "u:0", "sleep")
		if got := sl.says(t); got != strconv.Itoa(pid) {
			t.Errorf("%s prints, %d was started", got, pid)
		}
		if err := s.signal("u:0", int(syscall.SIGKILL), false); err != nil {
			t.Error(err)
		}
		s.reaped(t, peer, 1)
	}
}

func TestSpawnThatCannotBe(t *testing.T) {
	s, _ := testShim(t)
	s.opened(t, "u:0")
	held := playing("sleep")
	held.Out = "held:nothing"
	stream := playing("sleep")
	stream.Err = "third"
	missing := playing("sleep")
	missing.File = filepath.Join(t.TempDir(), "none")
	for name, tt := range map[string]struct {
		slot  string
		plan  *wire.Plan
		want  string
		errno syscall.Errno
	}{
		"no slot":       {"v:0", playing("sleep"), "there is no slot v:0", 0},
		"no plan":       {"u:0", nil, "no plan", 0},
		"nothing held":  {"u:0", held, `no descriptor "nothing" is held`, 0},
		"no such pipe":  {"u:0", stream, `no stream "third"`, 0},
		"not a program": {"u:0", missing, "no such file", syscall.ENOENT},
	} {
		t.Run(name, func(t *testing.T) {
			m := s.spawn(tt.slot, tt.plan, nil)
			if m.Op != wire.OpSpawned || m.PID != 0 || !strings.Contains(m.Error, tt.want) || m.Errno != int(tt.errno) {
				t.Errorf("got %+v", m)
			}
		})
	}
	if s.slots["u:0"].pid != 0 || len(s.byPID) != 0 {
		t.Error("the slot is thought to have a process")
	}
}

// A restart needs no plan sent: the last that worked is used.
func TestSpawnByTheLastPlan(t *testing.T) {
	s, peer := testShim(t)
	sl := s.opened(t, "u:0")
	s.started(t, "u:0", "exit 5")
	s.reaped(t, peer, 1)
	broken := playing("exit 6")
	broken.File = "/no/such/file"
	if m := s.spawn("u:0", broken, nil); m.Error == "" {
		t.Fatalf("got %+v", m)
	}
	m := s.spawn("u:0", nil, []byte(`{"runs":2}`))
	if m.Error != "" || string(sl.note) != `{"runs":2}` {
		t.Fatalf("got %+v, note %s", m, sl.note)
	}
	if e := s.reaped(t, peer, 1)[0]; syscall.WaitStatus(e.Status).ExitStatus() != 5 {
		t.Errorf("its end: %+v", e)
	}
}

// An end is told, and kept until somebody says that it is on disk.
func TestExitsAreKeptUntilForgotten(t *testing.T) {
	s, peer := testShim(t)
	sl := s.opened(t, "u:0")
	var pids []int
	for n := range 3 {
		pids = append(pids, s.started(t, "u:0", "exit "+strconv.Itoa(n)))
		s.reaped(t, peer, 1)
	}
	m, _ := sl.describe()
	if len(m.Exits) != 3 || m.PID != 0 {
		t.Fatalf("the inventory tells %+v", m)
	}
	for n, e := range m.Exits {
		if e.PID != pids[n] || syscall.WaitStatus(e.Status).ExitStatus() != n {
			t.Errorf("exit %d: %+v", n, e)
		}
	}
	s.forget("u:0", pids[1])
	s.forget("u:0", 1)
	s.forget("v:0", pids[0])
	if len(sl.exits) != 2 || sl.exits[0].PID != pids[0] || sl.exits[1].PID != pids[2] {
		t.Errorf("kept: %+v", sl.exits)
	}
	if len(m.Exits) != 3 || m.Exits[1].PID != pids[1] {
		t.Error("a message that was made before has changed")
	}
}

func TestCloseSlot(t *testing.T) {
	sameDescriptors(t)
	s, peer := testShim(t)
	before := open()
	s.opened(t, "u:0")
	pid := s.started(t, "u:0", "sleep")
	if err := s.close("u:0"); err == nil || !strings.Contains(err.Error(), strconv.Itoa(pid)) {
		t.Errorf("close of a slot with a process: %v", err)
	}
	if m := s.quit(); m == nil || !strings.Contains(m.Error, "still runs") {
		t.Errorf("quit with a process: %+v", m)
	}
	if err := s.signal("u:0", int(syscall.SIGKILL), true); err != nil {
		t.Error(err)
	}
	s.reaped(t, peer, 1)
	if err := s.close("u:0"); err != nil {
		t.Error(err)
	}
	if err := s.close("u:0"); err != nil {
		t.Errorf("close of no slot: %v", err)
	}
	if after := open(); after != before {
		t.Errorf("%d descriptors were open before the slot, %d after", before, after)
	}
}

func TestHeldDescriptors(t *testing.T) {
	sameDescriptors(t)
	s, peer := testShim(t)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	put := func(f *os.File) {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		if m, _ := s.do(&wire.ShimMessage{Op: wire.OpPut, Name: "u/out"}, []int{fd}); m.Error != "" {
			t.Fatal(m.Error)
		}
	}
	put(read) // replaced below
	put(write)
	write.Close()
	s.opened(t, "u:0")
	p := playing("sleep")
	p.Out = "held:u/out"
	m := s.spawn("u:0", p, nil)
	if m.Error != "" {
		t.Fatal(m.Error)
	}
	buf := make([]byte, 32)
	n, err := read.Read(buf)
	if got := strings.TrimSpace(string(buf[:n])); err != nil || got != strconv.Itoa(m.PID) {
		t.Errorf("the client's stream has %q, %v", got, err)
	}
	s.do(&wire.ShimMessage{Op: wire.OpDrop, Name: "u/out"}, nil)
	s.do(&wire.ShimMessage{Op: wire.OpDrop, Name: "u/out"}, nil)
	if err := s.signal("u:0", int(syscall.SIGKILL), true); err != nil {
		t.Error(err)
	}
	s.reaped(t, peer, 1)
	if n, err := read.Read(buf); n != 0 || err == nil {
		t.Errorf("the stream is open still: %d, %v", n, err)
	}
}

// Alone is true only if nothing of the program can be left.
func TestAlone(t *testing.T) {
	for role, want := range map[string]bool{"exit 0": true, "member": false, "orphan": false} {
		t.Run(role, func(t *testing.T) {
			s, peer := testShim(t)
			sl := s.opened(t, "u:0")
			s.started(t, "u:0", role)
			if e := s.reaped(t, peer, 1)[0]; e.Alone != want {
				t.Errorf("alone: %v, want %v", e.Alone, want)
			}
			if want {
				return
			}
			left, err := strconv.Atoi(sl.says(t))
			if err != nil {
				t.Fatal(err)
			}
			// Another program's end, too, is not known to be clean while an
			// orphan of anybody is here.
			s.opened(t, "v:0")
			s.started(t, "v:0", "exit 0")
			if e := s.reaped(t, peer, 1)[0]; e.Alone {
				t.Error("alone, with an orphan of another program here")
			}
			end(t, left)
			s.started(t, "v:0", "exit 0")
			if e := s.reaped(t, peer, 1)[0]; !e.Alone {
				t.Error("not alone, though nobody is left")
			}
		})
	}
}

// Two programs that are ours do not make each other look left behind.
func TestAloneAmongPrograms(t *testing.T) {
	s, peer := testShim(t)
	s.opened(t, "u:0")
	s.opened(t, "u:1")
	s.started(t, "u:0", "sleep")
	s.started(t, "u:1", "exit 0")
	if e := s.reaped(t, peer, 1)[0]; !e.Alone {
		t.Error("not alone beside another program")
	}
	if err := s.signal("u:0", int(syscall.SIGKILL), true); err != nil {
		t.Error(err)
	}
	s.reaped(t, peer, 1)
}

// A signal to the group reaches every member, one to the process no other.
func TestSignalOfProcessAndGroup(t *testing.T) {
	s, peer := testShim(t)
	s.opened(t, "u:0")
	s.started(t, "u:0", "sleep")
	if err := s.signal("u:0", 0, true); err != nil {
		t.Error(err)
	}
	if err := s.signal("u:0", 0, false); err != nil {
		t.Error(err)
	}
	if err := s.signal("u:0", 9999, false); err != syscall.EINVAL {
		t.Errorf("signal 9999: %v", err)
	}
	if err := s.signal("v:0", 0, false); err != syscall.ESRCH {
		t.Errorf("no slot: %v", err)
	}
	if err := s.signal("u:0", int(syscall.SIGKILL), false); err != nil {
		t.Error(err)
	}
	s.reaped(t, peer, 1)
}

func TestUnknownOperation(t *testing.T) {
	s, _ := testShim(t)
	for _, op := range []string{"", "dance", wire.OpHello} {
		m, _ := s.do(&wire.ShimMessage{Op: op}, nil)
		if m == nil || m.Op != wire.OpDone || !strings.Contains(m.Error, "does not know") {
			t.Errorf("%q: %+v", op, m)
		}
	}
	for _, op := range []string{wire.OpForget, wire.OpSignal, wire.OpClose, wire.OpDrop, wire.OpSpawn, wire.OpUpdate} {
		s.do(&wire.ShimMessage{Op: op}, nil) // with nothing said about what
	}
	if m, _ := s.do(&wire.ShimMessage{Op: wire.OpPut, Name: "x"}, nil); m.Error == "" {
		t.Error("put of no descriptor was done")
	}
	if s.update != nil {
		t.Error("an update to nothing has begun")
	}
}

// Whatever a supervisor asks: no panic, and no process or descriptor that is
// not in a slot.
func TestOperationsGiveDescriptorsBack(t *testing.T) {
	sameDescriptors(t)
	s, _ := testShim(t)
	before := open()
	for _, op := range []string{wire.OpOpen, wire.OpSpawn, wire.OpForget, "dance", wire.OpPut} {
		fds := make([]int, 2)
		for i := range fds {
			fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 3)
			if err != nil {
				t.Fatal(err)
			}
			fds[i] = fd
		}
		s.do(&wire.ShimMessage{Op: op, Slot: "v:0"}, fds)
	}
	if after := open(); after != before {
		t.Errorf("%d descriptors were open before, %d after", before, after)
	}
}
