//go:build unix

package shim

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/launch"
	"forever/internal/wire"
)

// supervisor is the one supervisor there is, or the wait for the next.
type supervisor struct {
	pid   int
	link  *Link
	since time.Time
	ready bool // it has reconciled and serves
	hasty int  // deaths in a row of one that hardly lived
}

const (
	// hastyLife is how long a supervisor must serve for its death not to count
	// as one of a row.
	hastyLife = 50 * time.Millisecond
	// freeHasty deaths in a row are followed by the next start at once; after
	// that each waits twice as long as the one before.
	freeHasty  = 3
	hastyDelay = 50 * time.Millisecond
	hastyMax   = 5 * time.Second
)

// linkFD is where a supervisor finds its end of the link.
const linkFD = 3

// startSupervisor starts one and tells it the inventory. The lock is held.
func (s *shim) startSupervisor() {
	if s.quitting || s.sup.pid != 0 {
		return
	}
	exe := s.supervisorExe()
	ours, theirs, err := socketpair()
	if err == nil {
		s.sup.pid, err = s.forkSupervisor(exe, theirs)
		unix.Close(theirs)
	}
	if err != nil {
		unix.Close(ours)
		s.sup.pid = 0
		s.logf("start the supervisor: %v", err)
		if s.update != nil {
			s.revertUpdate(err.Error())
		}
		s.supervisorGone()
		return
	}
	s.sup.link, s.sup.since, s.sup.ready = NewLink(ours), time.Now(), false
	s.childBorn()
	s.watchUpdate()
	go s.serve(s.sup.link)
	s.tellInventory()
}

func (s *shim) forkSupervisor(exe string, link int) (int, error) {
	null, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, &os.PathError{Op: "open", Path: os.DevNull, Err: err}
	}
	defer unix.Close(null)
	argv := []string{"forever", SupervisorRole, s.root}
	return syscall.ForkExec(exe, argv, &syscall.ProcAttr{
		Dir:   "/",
		Env:   os.Environ(),
		Files: []uintptr{uintptr(null), 1, 2, uintptr(link)},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
}

// tellInventory is how every supervisor begins.
func (s *shim) tellInventory() {
	hello := &wire.ShimMessage{
		Op: wire.OpHello, Version: wire.ShimVersion, Root: s.root, PID: os.Getpid(),
	}
	s.addUpdateResult(hello)
	s.tell(hello, s.listener, int(s.lock.File().Fd()))
	for _, sl := range s.slots {
		m, fds := sl.describe()
		s.tell(m, fds...)
	}
	for name, fd := range s.held {
		s.tell(&wire.ShimMessage{Op: wire.OpHeld, Name: name}, fd)
	}
	s.tell(&wire.ShimMessage{Op: wire.OpBegin})
}

func (s *shim) supervisorReady() {
	s.sup.ready = true
	s.updateReady()
}

// hungUp: a supervisor's end of the link is closed. It is about to die or has
// died, and its end as a child is what counts; only one that closes the link
// and lives on is helped along.
func (s *shim) hungUp(l *Link, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sup.link == l {
		s.sup.link = nil
		if s.sup.pid != 0 {
			_ = syscall.Kill(s.sup.pid, syscall.SIGKILL) // our child, not reaped: it is it
		}
	}
	l.Close()
}

// supervisorEnded: the next one is started, at once unless several in a row
// hardly lived.
func (s *shim) supervisorEnded(status syscall.WaitStatus) {
	s.sup.pid = 0
	if s.sup.link != nil {
		// Its reader may still be busy with what the dead one sent last; it
		// closes the link when it gets to its end.
		s.sup.link.Shut()
		s.sup.link = nil
	}
	if s.quitting {
		return
	}
	s.logf("the supervisor ended: %s", describeStatus(status))
	if s.update != nil && s.update.pid != 0 { // it was on trial
		s.revertUpdate(describeStatus(status))
	}
	s.supervisorGone()
}

func (s *shim) supervisorGone() {
	if s.sup.ready && time.Since(s.sup.since) > hastyLife {
		s.sup.hasty = 0
	}
	s.sup.ready = false // that is counted; one that cannot even be started has not served
	s.sup.hasty++
	if s.sup.hasty <= freeHasty {
		s.startSupervisor()
		return
	}
	delay := min(hastyDelay<<min(s.sup.hasty-freeHasty-1, 10), hastyMax)
	s.logf("the supervisor has ended %d times in a row; next try in %v", s.sup.hasty, delay)
	time.AfterFunc(delay, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.startSupervisor()
	})
}

func describeStatus(status syscall.WaitStatus) string {
	if status.Signaled() {
		return fmt.Sprintf("killed by signal %d", status.Signal())
	}
	return fmt.Sprintf("exit code %d", status.ExitStatus())
}

// logf writes a line to supervisor.log, which is our stderr.
func (s *shim) logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s shim[%d]: %s\n", time.Now().Format(time.RFC3339), os.Getpid(), fmt.Sprintf(format, args...))
}

// selfExe is the binary that this shim runs, also when its file was replaced.
var selfExe = launch.SelfExe

// lockPath is the file whose lock belongs to the pair.
func lockPath(root string) string { return filepath.Join(root, LockFile) }
