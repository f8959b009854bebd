//go:build unix

package probe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// bound takes a port that nobody listens on, and that nobody else can take.
func bound(t *testing.T) (fd, port int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	unix.CloseOnExec(fd)
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	addr, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fd, addr.(*unix.SockaddrInet4).Port
}

func TestNobodyListens(t *testing.T) {
	_, port := bound(t)
	for _, kind := range []string{"tcp", "http"} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := ready(t, "%s:%d", kind, port).Wait(ctx, nil)
		if !errors.Is(err, unix.ECONNREFUSED) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", kind, err)
		}
		if want := fmt.Sprintf("connect to localhost:%d: connection refused", port); err.Error() != want {
			t.Errorf("%s: it reads %q", kind, err)
		}
	}
}

func TestTCPBecomesReady(t *testing.T) {
	fd, port := bound(t)
	ctx, r := within(t), ready(t, "tcp:%d", port)
	waited := make(chan error, 1)
	go func() { waited <- r.Wait(ctx, nil) }()
	if err := r.at.check(ctx, nil); !errors.Is(err, unix.ECONNREFUSED) {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; err != nil {
		t.Fatal(err)
	}
	// It has connected once and asks no more.
	conn, _, err := unix.Accept(fd)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(conn)
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	if _, _, err := unix.Accept(fd); err != unix.EAGAIN {
		t.Errorf("connected again: %v", err)
	}
}

func TestUnknownHost(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := ready(t, "tcp:no-such-host.invalid:80").Wait(ctx, nil)
	if err == nil || !strings.HasPrefix(err.Error(), "connect to no-such-host.invalid:80: ") {
		t.Errorf("%v", err)
	}
}
