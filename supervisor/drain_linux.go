package supervisor

import (
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/listener"
	"forever/internal/proc"
)

const (
	drainLook = 10 * time.Millisecond // how often a queue is looked at that is about to be empty
	drainTime = 5 * time.Second       // at most, beside the kill timeout
)

// queue is what waits at the sockets of an instance that gets nothing new.
type queue struct {
	pid     int
	signal  syscall.Signal
	sockets []int // copies of our own
	ports   []uint16
	half    []string // handshakes that were under way when it began
}

// drain calls then, in the loop, when no connection waits at the instance's
// sockets any more; if its program does not care for the stop signal, when it
// has none left at all. Its kill timeout bounds both.
func (s *Supervisor) drain(in *instance, then func()) {
	in.setStop(nil)
	q := &queue{pid: in.proc.PID, signal: in.stopSignal()}
	for _, g := range in.app.groups {
		if g.IsUnix() || !g.has(in.place()) {
			continue
		}
		if fd, err := unix.FcntlInt(uintptr(g.fds[in.place()]), unix.F_DUPFD_CLOEXEC, 0); err == nil {
			q.sockets, q.ports = append(q.sockets, fd), append(q.ports, g.Port())
		}
	}
	if len(q.sockets) == 0 || q.pid == 0 {
		q.close()
		s.post(then)
		return
	}
	patience := min(milliseconds(in.stopping.TimeoutMS), drainTime)
	go func() {
		q.wait(patience)
		q.close()
		s.post(then)
	}()
}

func (q *queue) close() {
	for _, fd := range q.sockets {
		unix.Close(fd)
	}
}

// wait returns when nothing waits, or patience is over.
func (q *queue) wait(patience time.Duration) {
	pids, err := proc.Session(q.pid)
	if err != nil {
		return // it has ended
	}
	pids = slices.DeleteFunc(pids, func(pid int) bool {
		return !slices.ContainsFunc(q.sockets, func(fd int) bool { return len(listener.Holders([]int{pid}, fd)) > 0 })
	})
	cares := !slices.ContainsFunc(pids, func(pid int) bool { return !proc.Catches(pid, q.signal) })
	until := time.Now().Add(patience)
	// A packet that was steered the old way a moment ago is in its place after the first pause.
	time.Sleep(drainLook)
	q.half, _ = listener.HalfOpen(q.ports)
	for time.Now().Before(until) && !q.empty(pids, cares) {
		time.Sleep(drainLook)
	}
}

// empty tells whether nothing waits, nor is about to.
func (q *queue) empty(pids []int, cares bool) bool {
	if len(q.half) > 0 {
		now, _ := listener.HalfOpen(q.ports)
		q.half = slices.DeleteFunc(q.half, func(c string) bool { return !slices.Contains(now, c) })
		if len(q.half) > 0 {
			return false
		}
	}
	for _, fd := range q.sockets {
		if n, err := listener.Waiting(fd); err == nil && n > 0 {
			return false
		}
	}
	if cares {
		return true
	}
	n, err := listener.Connections(pids, q.ports)
	return err != nil || n == 0
}
