package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// timetable is when requests are due, counted from the beginning: at random, as
// from many clients that know nothing of each other, rate in a second. A seed has
// always the same.
func timetable(rate float64, d time.Duration, seed uint64) []time.Duration {
	random := rand.New(rand.NewPCG(seed, 0))
	var due []time.Duration
	for at := time.Duration(0); ; {
		at += time.Duration(random.ExpFloat64() / rate * float64(time.Second))
		if at >= d {
			return due
		}
		due = append(due, at)
	}
}

// steady sends requests by a timetable, whatever becomes of those before, each over
// a connection of its own. It is one thread with an epoll instance, so that it
// takes little from the servers, which have the same processors.
type steady struct {
	addr    unix.SockaddrInet4
	request []byte
	due     []time.Duration
	began   time.Duration // on the clock of now
	// grace is how long the answers that are still due when the last request was
	// sent may take.
	grace        time.Duration
	epoll, timer int
	sent         int
	open         map[int]*visit
	took         []float64
}

// visit is one request, on a connection that may not be made yet.
type visit struct {
	due   time.Duration
	asked bool
	got   []byte
}

// goSteady sends requests to a port of 127.0.0.1 and returns how many ms each took
// that was answered well: from when it was due, so that a client which could not
// send in time does not hide it. The others failed.
func goSteady(port int, due []time.Duration, grace time.Duration) (took []float64, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s := steady{
		addr:    unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}},
		request: fmt.Appendf(nil, "GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n", port),
		due:     due, grace: grace, open: map[int]*visit{},
	}
	if s.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	defer unix.Close(s.epoll)
	if s.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC); err != nil {
		return nil, fmt.Errorf("timerfd: %w", err)
	}
	defer unix.Close(s.timer)
	defer func() {
		for fd := range s.open {
			unix.Close(fd)
		}
	}()
	return s.took, s.run()
}

// run ends when every request has its answer, or the grace is over.
func (s *steady) run() error {
	if err := s.watch(s.timer, unix.EPOLLIN); err != nil {
		return err
	}
	s.began = now()
	if err := s.wakeFor(s.next()); err != nil {
		return err
	}
	events := make([]unix.EpollEvent, 64)
	for s.sent < len(s.due) || len(s.open) > 0 {
		n, err := unix.EpollWait(s.epoll, events, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("epoll: %w", err)
		}
		for _, e := range events[:max(n, 0)] {
			if int(e.Fd) != s.timer {
				s.attend(int(e.Fd))
				continue
			}
			if s.sent == len(s.due) {
				return nil
			}
			if err := s.sendDue(); err != nil {
				return err
			}
		}
	}
	return nil
}

// next is when the timer has to wake us.
func (s *steady) next() time.Duration {
	switch {
	case s.sent < len(s.due):
		return s.due[s.sent]
	case s.sent > 0:
		return s.due[s.sent-1] + s.grace
	}
	return 0
}

func (s *steady) wakeFor(at time.Duration) error {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(s.began + at))}
	if err := unix.TimerfdSettime(s.timer, unix.TFD_TIMER_ABSTIME, &spec, nil); err != nil {
		return fmt.Errorf("timerfd: %w", err)
	}
	return nil
}

// sendDue sends what is due, and sets the timer for the next.
func (s *steady) sendDue() error {
	for s.sent < len(s.due) && s.began+s.due[s.sent] <= now() {
		due := s.due[s.sent]
		s.sent++
		if err := s.visit(due); err != nil {
			return err
		}
	}
	return s.wakeFor(s.next())
}

// visit connects, and does not wait for it.
func (s *steady) visit(due time.Duration) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make a socket: %w", err)
	}
	s.open[fd] = &visit{due: due}
	if err := unix.Connect(fd, &s.addr); err != nil && !errors.Is(err, unix.EINPROGRESS) {
		s.leave(fd)
		return nil // nobody listens: it has failed
	}
	return s.watch(fd, unix.EPOLLIN|unix.EPOLLOUT|unix.EPOLLET)
}

func (s *steady) watch(fd int, events uint32) error {
	if err := unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)}); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	return nil
}

// attend asks once, and reads until nothing is left or the server has closed.
func (s *steady) attend(fd int) {
	v := s.open[fd]
	if !v.asked {
		if _, err := unix.Write(fd, s.request); err != nil {
			s.failed(fd, err)
			return
		}
		v.asked = true
	}
	var buf [2048]byte
	for {
		n, err := unix.Read(fd, buf[:])
		if err != nil {
			s.failed(fd, err)
			return
		}
		if n == 0 {
			s.leave(fd)
			return
		}
		if v.got = append(v.got, buf[:n]...); answered(v.got) {
			s.took = append(s.took, ms(now()-s.began-v.due))
		}
	}
}

// failed leaves unless there is only nothing to be done now.
func (s *steady) failed(fd int, err error) {
	if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
		s.leave(fd)
	}
}

// leave closes a connection; who has no answer until then has failed.
func (s *steady) leave(fd int) {
	unix.Close(fd)
	delete(s.open, fd)
}

// answered tells whether it is the whole of what bench/js/server.js says.
func answered(got []byte) bool {
	return bytes.HasPrefix(got, []byte("HTTP/1.1 200 ")) && bytes.HasSuffix(got, []byte("\r\n\r\nhello\n"))
}
