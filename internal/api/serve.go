package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	// readTimeout bounds the arrival of a whole request.
	readTimeout = 30 * time.Second
	// writeTimeout bounds one write: a client that takes nothing for so long
	// (it was stopped by ^Z, say) is dropped, and asks again when it wakes up.
	writeTimeout = 10 * time.Second
	// grace is how long Serve, told to end, waits for answers under way.
	grace = time.Second
)

// server is one call of Serve.
type server struct {
	backend Backend
	work    sync.WaitGroup // connections being answered
}

// Serve answers the connections of ln with b until ctx ends, and closes ln.
// Streams that are open then end without their last line, unless b emitted it,
// which tells their clients to ask again. Serve returns nil when all are
// closed, or after a moment for a Backend whose methods do not return.
//
// Only processes of the same effective user, and of root, are answered.
func Serve(ctx context.Context, ln net.Listener, b Backend) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	defer ln.Close()

	s := &server{backend: b}
	err := s.accept(ctx, ln)
	cancel()
	s.drain()
	return err
}

// accept hands out connections until ctx ends or the listener breaks. A lack
// of descriptors is waited for: the next connection may find one.
func (s *server) accept(ctx context.Context, ln net.Listener) error {
	wait := time.Duration(0)
	for {
		nc, err := ln.Accept()
		switch {
		case err == nil:
			wait = 0
			s.work.Go(func() { s.answer(ctx, nc) })
		case ctx.Err() != nil:
			return nil
		case passes(err):
			wait = min(max(2*wait, 5*time.Millisecond), time.Second)
			sleep(ctx, wait)
		default:
			return fmt.Errorf("accept on the control socket: %w", err)
		}
	}
}

// passes tells whether accept(2) may do better a moment later.
func passes(err error) bool {
	for _, errno := range [...]syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// answer serves one connection and closes it.
func (s *server) answer(ctx context.Context, nc net.Conn) {
	c := newConn(nc)
	defer c.close()
	if err := allowed(nc); err != nil {
		c.refuse(err)
		return
	}
	s.exchange(ctx, c)
}

// drain waits for the answers under way.
func (s *server) drain() {
	done := make(chan struct{})
	go func() {
		s.work.Wait()
		close(done)
	}()
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
	}
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
