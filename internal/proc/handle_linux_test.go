package proc

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWaitersNeedNoThread(t *testing.T) {
	const waiters = 200
	f := start(t, "sleep")
	before := threadCount(t)
	ended := make(chan error, waiters)
	for range waiters {
		h := open(t, f.main)
		go func() { ended <- h.Wait(patience(t)) }()
	}
	for asleep() < waiters {
		runtime.Gosched()
	}
	if more := threadCount(t) - before; more > 20 {
		t.Errorf("%d waits took %d threads", waiters, more)
	}
	if err := SignalAll([]Entry{f.main}, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for range waiters {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// asleep counts the goroutines that Go's poller has put to sleep.
func asleep() int {
	buf := make([]byte, 1<<20)
	return strings.Count(string(buf[:runtime.Stack(buf, true)]), "[IO wait")
}

func threadCount(t *testing.T) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	return len(tasks)
}

func TestGroupOutlivesItsLeader(t *testing.T) {
	f := start(t, "plain/sleep")
	h := open(t, f.main)
	if err := h.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	f.cmd.Wait() // reaped: only the pidfd is left of it
	if err := h.SignalGroup(syscall.SIGKILL); err != nil {
		t.Skipf("SKIPPED: %v: this kernel is older than 6.9", err)
	}
	if err := WaitGone(patience(t), []Entry{f.roles["sleep"]}); err != nil {
		t.Error(err)
	}
}

// The way of kernels before 6.9 has to work on every kernel.
func TestSignalGroupOld(t *testing.T) {
	f := start(t, "plain/sleep")
	h := open(t, f.main)
	send := func() error {
		return h.send(syscall.SIGKILL, "signal group", func(fd int) error {
			return signalGroupOld(h.pid, fd, syscall.SIGKILL)
		})
	}
	if err := send(); err != nil {
		t.Fatal(err)
	}
	if err := WaitGone(patience(t), []Entry{f.main, f.roles["sleep"]}); err != nil {
		t.Error(err)
	}
	f.cmd.Wait()
	if err := send(); err == nil {
		t.Error("a group was signalled whose leader has been reaped")
	}
}

func TestExitStatusOfAnothersChild(t *testing.T) {
	f := start(t, "plain/code7")
	h := open(t, f.roles["code7"])
	if _, ok := h.ExitStatus(); ok {
		t.Error("there is a status before the end")
	}
	end(t, h, syscall.SIGTERM)
	status, ok := h.ExitStatus()
	if !ok {
		t.Skip("SKIPPED: it was reaped, and this kernel is older than 6.15")
	}
	if !status.Exited() || status.ExitStatus() != 7 {
		t.Errorf("%#x, want exit code 7", status)
	}
}

func TestExitStatusOfZombie(t *testing.T) {
	f := start(t, "hoard/code7+hoard/sleep")
	code := open(t, f.roles["code7"])
	end(t, code, syscall.SIGTERM)
	if status, ok := code.ExitStatus(); !ok || status.ExitStatus() != 7 {
		t.Errorf("%#x, %v, want exit code 7", status, ok)
	}
	killed := open(t, f.roles["sleep"])
	end(t, killed, syscall.SIGKILL)
	if status, ok := killed.ExitStatus(); !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Errorf("%#x, %v, want SIGKILL", status, ok)
	}
	if status, ok := killed.zombieStatus(); !ok || status.Signal() != syscall.SIGKILL {
		t.Errorf("from /proc: %#x, %v, want SIGKILL", status, ok)
	}
}

func TestExitStatusOfSuccess(t *testing.T) {
	f := start(t, "sleep") // ends with 0 when its stdin does
	h := open(t, f.main)
	f.bye()
	if err := h.Wait(patience(t)); err != nil {
		t.Fatal(err)
	}
	if status, ok := h.ExitStatus(); !ok || status != 0 {
		t.Errorf("%#x, %v, want exit code 0", status, ok)
	}
}

func end(t *testing.T, h *Handle, sig syscall.Signal) {
	t.Helper()
	if err := h.Signal(sig); err != nil {
		t.Fatal(err)
	}
	if err := h.Wait(patience(t)); err != nil {
		t.Fatal(err)
	}
}

// A process may outlive its first thread, which is a zombie until then.
func TestFirstThreadEndsBeforeTheOthers(t *testing.T) {
	f := start(t, "headless")
	for !firstThreadGone(t, f.main.PID) {
		runtime.Gosched()
	}
	if e := entryFor(t, f.main.PID); e.Ended() {
		t.Errorf("%+v, want a living process", e)
	}
	h := open(t, f.main)
	if h.Exited() {
		t.Error("the handle says that it has ended")
	}
	end(t, h, syscall.SIGKILL)
}

func firstThreadGone(t *testing.T, pid int) bool {
	t.Helper()
	var gone bool
	err := eachThread(pid, "status", func(tid int, status []byte) error {
		if state, _, err := parseStatus(status); tid == pid && err == nil {
			gone = state == 'Z'
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return gone
}

// The number of a dead process may come back as that of a thread, and it lives
// on as that of its group.
func TestOpenWhatIsNoProcess(t *testing.T) {
	for _, err := range []error{unix.EINVAL, unix.ENOENT, unix.ESRCH} {
		if err := refused(err, 1<<30, 1); !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("%v, want os.ErrProcessDone", err)
		}
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	tid, err := strconv.Atoi(tasks[len(tasks)-1].Name())
	if err != nil || tid == os.Getpid() {
		t.Skipf("SKIPPED: there is no second thread (%v)", err)
	}
	if _, err := Open(tid, 1); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("a thread: %v, want os.ErrProcessDone", err)
	}
	f := start(t, "plain/sleep")
	end(t, open(t, f.main), syscall.SIGKILL)
	f.cmd.Wait()
	if _, err := Open(f.main.PID, f.main.Start); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("a group without its leader: %v, want os.ErrProcessDone", err)
	}
}

func TestHandleIsNotInherited(t *testing.T) {
	h := open(t, start(t, "sleep").main)
	err := h.conn.Control(func(fd uintptr) {
		flags, err := unix.FcntlInt(fd, unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("flags %#x, %v, want FD_CLOEXEC", flags, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
