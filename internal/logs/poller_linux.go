package logs

import (
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poller is an epoll set of its own. Pipes do not go into the set of Go's
// runtime: that one is edge-triggered for both directions and would wake a
// thread for every line that any program writes. This set is asked for one
// event at a time (EPOLLONESHOT), and the runtime watches only the set.
type poller struct {
	fd     int // owned by file
	file   *os.File
	conn   syscall.RawConn
	bell   int  // eventfd: wakes wait from other goroutines
	timed  bool // wait has a deadline
	events [64]unix.EpollEvent
	ready  int                // of events
	read   int                // of these
	poll   func(uintptr) bool // lookInto, bound once
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create: %w", err)
	}
	p := &poller{fd: fd, bell: -1}
	p.poll = p.lookInto
	if err := p.setUp(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// setUp makes the bell and hands the set to the runtime, which takes it into
// its own poller because it is nonblocking.
func (p *poller) setUp() (err error) {
	if p.bell, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return fmt.Errorf("eventfd: %w", err)
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(p.bell)}
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, p.bell, &ev); err != nil {
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	if err := unix.SetNonblock(p.fd, true); err != nil {
		return fmt.Errorf("epoll set: %w", err)
	}
	p.file = os.NewFile(uintptr(p.fd), "epoll")
	p.conn, err = p.file.SyscallConn()
	return err
}

func (p *poller) close() {
	if p.file != nil {
		p.file.Close()
	} else {
		unix.Close(p.fd)
	}
	if p.bell >= 0 {
		unix.Close(p.bell)
	}
}

// ring makes a wait return. An error (EAGAIN: the counter is full) would mean
// that the bell rings already.
func (p *poller) ring() {
	unix.Write(p.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0})
}

// hush silences the bell.
func (p *poller) hush() {
	var n [8]byte
	unix.Read(p.bell, n[:])
}

// watch asks for one event of fd; a further one needs another call.
// op is EPOLL_CTL_ADD the first time and EPOLL_CTL_MOD later.
func (p *poller) watch(op, fd int, events uint32) error {
	ev := unix.EpollEvent{Events: events | unix.EPOLLONESHOT, Fd: int32(fd)}
	return unix.EpollCtl(p.fd, op, fd, &ev)
}

// watchChanges tells of fd at once and then whenever something is written to it,
// until another watch.
func (p *poller) watchChanges(fd int) error {
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(fd)}
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_MOD, fd, &ev)
}

// forget takes fd out of the set. Closing would not do: the shim holds the same
// open pipe, and the set knows open files, not numbers.
func (p *poller) forget(fd int) {
	unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, fd, nil)
}

// unread tells whether there are events that look or wait has found.
func (p *poller) unread() bool { return p.read < p.ready }

// event takes the next one: the descriptor that something has happened to.
func (p *poller) event() (fd int) {
	fd = int(p.events[p.read].Fd)
	p.read++
	return fd
}

// look looks for events without waiting.
func (p *poller) look() { p.lookInto(uintptr(p.fd)) }

// wait returns when there are events or at the deadline; zero: there is none.
func (p *poller) wait(deadline time.Time) {
	if left := time.Until(deadline); !deadline.IsZero() && left < longNap {
		p.nap(left)
		p.look()
		return
	}
	if timed := !deadline.IsZero(); timed || p.timed {
		p.file.SetReadDeadline(deadline)
		p.timed = timed
	}
	if p.conn.Read(p.poll) != nil {
		p.look() // the deadline; had it passed, nobody would have looked
	}
}

// longNap is the least pause that is left to the runtime's timers. They are as
// fine as a millisecond when the runtime has nothing else to do (netpoll rounds
// up to what epoll_wait(2) takes), and in that time a fast program fills its pipe
// several times, and waits.
const longNap = time.Millisecond / 2

// nap waits for so long, or until something is ready. The runtime is not told
// that the thread sleeps: to hand its processor to another thread and to get it
// back costs more than so short a sleep is worth, and somebody would have to
// watch over it meanwhile.
func (p *poller) nap(d time.Duration) {
	if d <= 0 {
		return
	}
	set := [1]unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}}
	ts := unix.NsecToTimespec(d.Nanoseconds())
	unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&set[0])), 1, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
}

// lookInto looks into the set; false lets the runtime wait for it.
func (p *poller) lookInto(uintptr) bool {
	n, err := unix.EpollWait(p.fd, p.events[:], 0)
	for err == unix.EINTR {
		n, err = unix.EpollWait(p.fd, p.events[:], 0)
	}
	p.ready, p.read = max(n, 0), 0
	return p.ready > 0
}
