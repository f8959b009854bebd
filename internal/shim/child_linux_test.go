package shim

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/launch"
	"forever/internal/limits"
	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// playEnv makes the test binary a program: "exit N", "sleep", "member" and
// "orphan", which leave a sleeper in their group, or one out of it whose parent
// has gone, and "parent", which has such a one and stays. supEnv says what it does as a supervisor.
const (
	playEnv = "SHIM_TEST_PLAY"
	supEnv  = "SHIM_TEST_SUPERVISOR"
)

func TestMain(m *testing.M) {
	switch role := os.Getenv(playEnv); {
	case len(os.Args) > 1 && os.Args[1] == launch.StepName:
		os.Exit(launch.Step())
	case len(os.Args) > 1 && os.Args[1] == SupervisorRole:
		os.Exit(playSupervisor())
	case role != "":
		os.Exit(play(role))
	}
	if err := proc.SetSubreaper(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// play prints the PID of who stays, if there is one.
func play(role string) int {
	what, rest, _ := strings.Cut(role, " ")
	switch what {
	case "exit":
		n, _ := strconv.Atoi(rest)
		return n
	case "sleep":
		fmt.Println(os.Getpid())
		return stay()
	case "stay":
		return stay()
	case "member":
		return leave(&syscall.SysProcAttr{})
	case "orphan":
		return leave(&syscall.SysProcAttr{Setsid: true})
	case "parent":
		leave(&syscall.SysProcAttr{Setsid: true})
		return stay()
	}
	return 99
}

// stay lives until it is killed, but not much longer than a test may.
func stay() int {
	<-time.After(2 * time.Minute)
	return 97
}

// leave starts one that stays, and goes.
func leave(attr *syscall.SysProcAttr) int {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{playEnv + "=stay"}
	cmd.Stdout = os.Stdout
	cmd.SysProcAttr = attr
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
		return 98
	}
	fmt.Println(cmd.Process.Pid)
	return 0
}

// playSupervisor is what supEnv says: one that dies at once, or one that takes
// the inventory, which has the slot u:0, asks for a slot of its own and ends.
func playSupervisor() int {
	if os.Getenv(supEnv) != "asks" {
		return 3
	}
	h, slots, err := Connect()
	if err != nil || len(slots) != 1 || slots[0].Slot != "u:0" {
		return 4
	}
	if err := h.Ready(); err != nil {
		return 5
	}
	answered := make(chan bool, 1)
	err = h.Open("v:0", []string{StreamOut}, func(m *wire.ShimMessage) { answered <- m.Error == "" })
	if err != nil {
		return 6
	}
	go func() { _ = h.Listen(func(string, wire.ShimExit) {}, func() {}) }()
	if !<-answered {
		return 7
	}
	if _, err := h.Pipe("v:0", StreamOut); err != nil {
		return 8
	}
	return 0
}

// testShim is a shim without a supervisor; what it tells comes to the link.
func testShim(t *testing.T) (*shim, *Link) {
	t.Helper()
	root := t.TempDir()
	lock, err := pidfile.TryLock(lockPath(root))
	if err != nil {
		t.Fatal(err)
	}
	null, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs, err := socketpair()
	if err != nil {
		t.Fatal(err)
	}
	s := newShim(root, lock, null)
	s.own = limits.Caller()
	s.sup.link = NewLink(ours)
	peer := NewLink(theirs)
	t.Cleanup(func() { closeShim(t, s, ours, peer) })
	return s, peer
}

// closeShim ends what the test has left and gives the descriptors back.
func closeShim(t *testing.T, s *shim, link int, peer *Link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quitting = true
	for key, sl := range s.slots {
		if sl.pid != 0 {
			t.Errorf("%s is left with process %d", key, sl.pid)
		}
		sl.closePipes()
	}
	for _, fd := range s.held {
		unix.Close(fd)
	}
	unix.Close(s.listener)
	unix.Close(link)
	peer.Close()
	s.lock.Close()
}

// playing is the plan of a program.
func playing(role string) *wire.Plan {
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return &wire.Plan{
		File: exe, Argv: []string{"play"}, Dir: "/", Umask: -1, Out: StreamOut, Err: StreamErr,
		Env: []string{playEnv + "=" + role, "GORACE=atexit_sleep_ms=0"},
	}
}

// opened makes a slot.
func (s *shim) opened(t *testing.T, key string) *slot {
	t.Helper()
	m, fds := s.open(key, []string{StreamOut, StreamErr})
	if m.Error != "" || len(fds) != 2 {
		t.Fatalf("open %s: %+v with %d pipes", key, m, len(fds))
	}
	return s.slots[key]
}

// started starts a program in a slot.
func (s *shim) started(t *testing.T, key, role string) int {
	t.Helper()
	m := s.spawn(key, playing(role), nil)
	if m.Error != "" || m.PID == 0 || m.Start == 0 || m.At.IsZero() {
		t.Fatalf("spawn %s: %+v", key, m)
	}
	return m.PID
}

// says reads a line of what the slot's programs print.
func (sl *slot) says(t *testing.T) string {
	t.Helper()
	fd, err := unix.FcntlInt(uintptr(sl.pipes[0].read), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "pipe")
	defer f.Close()
	line, err := bufio.NewReaderSize(f, 16).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// reaped waits until n programs of slots have ended, and returns their ends.
func (s *shim) reaped(t *testing.T, peer *Link, n int) (exits []wire.ShimExit) {
	t.Helper()
	for len(exits) < n {
		if !waitForChild() {
			t.Fatal("there is no child to wait for")
		}
		s.mu.Lock()
		told := s.exitsKept()
		s.reapAll()
		told = s.exitsKept() - told
		s.mu.Unlock()
		for range told {
			m, _, err := peer.Recv()
			if err != nil || m.Op != wire.OpExit || len(m.Exits) != 1 {
				t.Fatalf("told %+v, %v", m, err)
			}
			exits = append(exits, m.Exits[0])
		}
	}
	return exits
}

func (s *shim) exitsKept() (n int) {
	for _, sl := range s.slots {
		n += len(sl.exits)
	}
	return n
}

// end kills a process that the test has started and reaps it; it came back to
// us as an orphan or is a slot's.
func end(t *testing.T, pid int) {
	t.Helper()
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Errorf("kill %d: %v", pid, err)
	}
	for {
		_, err := unix.Wait4(pid, nil, 0, nil)
		if !errors.Is(err, unix.EINTR) {
			if err != nil {
				t.Errorf("wait for %d: %v", pid, err)
			}
			return
		}
	}
}
