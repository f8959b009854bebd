package shim

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/launch"
	"forever/internal/wire"
	"forever/pidfile"
)

// nextLife is what reads the inventory of s as the next life of the shim would.
func nextLife(t *testing.T, s *shim) *adoption {
	t.Helper()
	data, err := json.Marshal(s.adoption())
	if err != nil {
		t.Fatal(err)
	}
	f, err := launch.Memory(data)
	if err != nil {
		t.Fatal(err)
	}
	a, err := readAdoption(f)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Nothing of what a shim holds is lost on the way to its next life.
func TestAdoptionIsWhole(t *testing.T) {
	s, peer := testShim(t)
	sl := s.opened(t, "u:0")
	s.opened(t, "u:1")
	s.started(t, "u:0", "exit 4")
	s.reaped(t, peer, 1)
	plan := playing("sleep")
	m := s.spawn("u:0", plan, []byte(`{"runs":2}`))
	s.put("u/out", sl.pipes[1].write)
	defer delete(s.held, "u/out")
	s.result = &updateResult{Request: "r", Error: "e"}
	s.sup.pid = 77
	s.sup.link.buf, s.sup.link.rights = []byte{0, 0, 0}, []int{sl.pipes[0].read}
	a := nextLife(t, s)
	s.sup.pid, s.sup.link.rights = 0, nil

	if a.Root != s.root || a.Listener != s.listener || a.Lock != int(s.lock.File().Fd()) || a.Held["u/out"] != sl.pipes[1].write {
		t.Errorf("root and descriptors: %+v", a)
	}
	if a.Supervisor != 77 || a.Link != s.sup.link.fd || string(a.Buffered) != "\x00\x00\x00" || len(a.Rights) != 1 {
		t.Errorf("supervisor and link: %+v", a)
	}
	if !reflect.DeepEqual(a.Update, s.result) {
		t.Errorf("update: %+v", a.Update)
	}
	var got *adoptedSlot
	for i := range a.Slots {
		if a.Slots[i].Slot == "u:0" {
			got = &a.Slots[i]
		}
	}
	if len(a.Slots) != 2 || got == nil {
		t.Fatalf("slots: %+v", a.Slots)
	}
	if got.PID != m.PID || got.Start != m.Start || !got.At.Equal(m.At) || string(got.Note) != `{"runs":2}` || len(got.Exits) != 1 || !reflect.DeepEqual(got.Plan, plan) {
		t.Errorf("slot: %+v", got)
	}
	if !reflect.DeepEqual(got.Read, []int{sl.pipes[0].read, sl.pipes[1].read}) || !reflect.DeepEqual(got.Write, []int{sl.pipes[0].write, sl.pipes[1].write}) {
		t.Errorf("pipes: %v, %v", got.Read, got.Write)
	}
	fds := a.descriptors()
	for _, fd := range []int{a.Lock, a.Listener, a.Link, a.Rights[0], a.Held["u/out"], sl.pipes[0].read, sl.pipes[1].write} {
		if !contains(fds, fd) {
			t.Errorf("descriptor %d would be closed by execve", fd)
		}
	}
	if err := s.signal("u:0", int(syscall.SIGKILL), true); err != nil {
		t.Error(err)
	}
	s.reaped(t, peer, 1)
}

func contains(fds []int, fd int) bool {
	for _, f := range fds {
		if f == fd {
			return true
		}
	}
	return false
}

// A slot that is taken over holds the same process and the same pipes.
func TestAdoptSlot(t *testing.T) {
	s, _ := testShim(t)
	s.opened(t, "u:0")
	pid := s.started(t, "u:0", "sleep")
	a := nextLife(t, s)
	from := a.Slots[0]

	next, nextPeer := testShim(t)
	if err := next.adoptSlot(&from); err != nil {
		t.Fatal(err)
	}
	sl := next.slots["u:0"]
	if sl.pid != pid || sl.adopted != nil || next.byPID[pid] != sl || !reflect.DeepEqual(sl.pipes, s.slots["u:0"].pipes) {
		t.Errorf("taken over: %+v", sl)
	}
	if m := next.spawn("u:0", playing("sleep"), nil); m.PID != 0 {
		t.Errorf("a second copy: %+v", m)
	}
	if err := next.signal("u:0", int(syscall.SIGKILL), true); err != nil {
		t.Error(err)
	}
	if e := next.reaped(t, nextPeer, 1)[0]; e.PID != pid || !e.Known {
		t.Errorf("its end: %+v", e)
	}
	sl.pipes = nil // they are the other's
	s.slots["u:0"].pid = 0
}

// A supervisor that becomes the shim has only the read ends.
func TestAdoptSlotOpensTheWriteEnds(t *testing.T) {
	sameDescriptors(t)
	s, _ := testShim(t)
	p, err := newPipe(StreamOut)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(p.write)
	from := adoptedSlot{ShimMessage: wire.ShimMessage{Slot: "u:0", Streams: []string{StreamOut}}, Read: []int{p.read}}
	if err := s.adoptSlot(&from); err != nil {
		t.Fatal(err)
	}
	sl := s.slots["u:0"]
	if _, err := unix.Write(sl.pipes[0].write, []byte("hello\n")); err != nil {
		t.Fatal(err)
	}
	if got := sl.says(t); got != "hello" {
		t.Errorf("read %q", got)
	}
}

// A process that is gone is an end that nobody can explain.
func TestAdoptSlotOfAProcessThatIsGone(t *testing.T) {
	s, peer := testShim(t)
	from := adoptedSlot{ShimMessage: wire.ShimMessage{Slot: "u:0", PID: os.Getpid(), Start: 1}} // the PID is another's now
	if err := s.adoptSlot(&from); err != nil {
		t.Fatal(err)
	}
	if sl := s.slots["u:0"]; sl.pid != 0 || len(sl.exits) != 1 || sl.exits[0].Known || sl.exits[0].Alone {
		t.Errorf("got %+v", sl)
	}
	if m, _, err := peer.Recv(); err != nil || m.Op != wire.OpExit {
		t.Errorf("told %+v, %v", m, err)
	}
}

func TestAdoptSlotWithoutItsPipes(t *testing.T) {
	s, _ := testShim(t)
	from := adoptedSlot{ShimMessage: wire.ShimMessage{Slot: "u:0", Streams: []string{StreamOut}}}
	if err := s.adoptSlot(&from); err == nil || !strings.Contains(err.Error(), "1 streams and 0 pipes") {
		t.Errorf("got %v", err)
	}
}

// leftBehind is a process that is no child of ours, with its output in a pipe
// that only it has.
func leftBehind(t *testing.T) (pid int, start uint64, die func()) {
	t.Helper()
	// Its parent is a child of ours, and stays until the pipe from us ends.
	cmd := exec.Command("/bin/sh", "-c", `"$0" & echo $!; read x; kill -9 $!; wait $!; exit 0`, os.Args[0])
	cmd.Env = append(os.Environ(), playEnv+"=sleep")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 0, 64)
	for strings.Count(string(text), "\n") < 2 { // the shell's word, and its own
		n, err := out.Read(text[len(text):cap(text)])
		if err != nil {
			t.Fatal(err)
		}
		text = text[:len(text)+n]
	}
	pid, err = strconv.Atoi(strings.Fields(string(text))[0])
	if err != nil {
		t.Fatal(err)
	}
	id, err := pidfile.Identify(pid)
	if err != nil {
		t.Fatal(err)
	}
	done := false
	die = func() {
		if done {
			return
		}
		done = true
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the parent of the leftover: %v", err)
		}
	}
	t.Cleanup(die)
	return pid, id.Start, die
}

// Both forever processes have died: their program is held again, with the pipe
// that it writes to, and its end is seen.
func TestAdoptLeftover(t *testing.T) {
	s, peer := testShim(t)
	pid, start, die := leftBehind(t)
	s.mu.Lock()
	m := &wire.ShimMessage{Op: wire.OpAdopt, Slot: "u:0", Streams: []string{StreamOut}, PID: pid, Start: start + 1}
	if answer, _ := s.adoptLeftover(m); answer.Error == "" {
		t.Fatalf("another process with its PID was adopted: %+v", answer)
	}
	m.Start = start
	answer, fds := s.adoptLeftover(m)
	if answer.Error != "" || answer.PID != pid || len(fds) != 1 {
		t.Fatalf("got %+v", answer)
	}
	if again, _ := s.adoptLeftover(m); again.Error == "" {
		t.Errorf("adopted twice: %+v", again)
	}
	var mine, its unix.Stat_t
	if err := unix.Fstat(fds[0], &mine); err != nil {
		t.Fatal(err)
	}
	if err := unix.Stat(filepath.Join("/proc", strconv.Itoa(pid), "fd/1"), &its); err != nil {
		t.Fatal(err)
	}
	if mine.Ino != its.Ino {
		t.Error("its pipe is another than the slot's")
	}
	if m := s.spawn("u:0", playing("sleep"), nil); m.PID != 0 {
		t.Errorf("a second copy: %+v", m)
	}
	s.mu.Unlock()
	die()
	told, _, err := peer.Recv()
	if err != nil || told.Op != wire.OpExit || told.Exits[0].PID != pid || told.Exits[0].Alone {
		t.Errorf("told %+v, %v", told, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if sl := s.slots["u:0"]; sl.pid != 0 {
		t.Errorf("got %+v", sl)
	}
}

// Whatever is in the inventory's file: no panic, and what is read can be written.
func FuzzAdoption(f *testing.F) {
	good, err := json.Marshal(&adoption{
		Root: "/r", Lock: 3, Listener: 4, Held: map[string]int{"u/out": 9}, Supervisor: 5, Link: 6, Buffered: []byte("x"), Rights: []int{7},
		Slots: []adoptedSlot{{ShimMessage: wire.ShimMessage{Slot: "u:0", PID: 8, Origin: &wire.Origin{PID: 7, Start: 70}, Streams: []string{"out"}}, Read: []int{10}, Write: []int{11}}},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte(`{"slots":[{"read":[1,2],"streams":[]}],"rights":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := launch.Memory(data)
		if err != nil {
			t.Skip(err)
		}
		a, err := readAdoption(file)
		if err != nil {
			return
		}
		a.descriptors()
		again, err := json.Marshal(a)
		if err != nil {
			t.Fatalf("%+v cannot be handed on: %v", a, err)
		}
		file, err = launch.Memory(again)
		if err != nil {
			t.Skip(err)
		}
		b, err := readAdoption(file)
		if err != nil {
			t.Fatalf("what was handed on cannot be read: %v\n%s", err, again)
		}
		if twice, err := json.Marshal(b); err != nil || string(twice) != string(again) {
			t.Errorf("handed on: %s\nand on: %s (%v)", again, twice, err)
		}
	})
}
