//go:build unix

package api

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"forever/internal/wire"
)

// pipes makes n pipes: the ends to read here, and their writing ends' numbers.
func pipes(t *testing.T, n int) (readers, writers []*os.File) {
	t.Helper()
	for range n {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close(); w.Close() })
		readers, writers = append(readers, r), append(writers, w)
	}
	return readers, writers
}

// pass sends text with the descriptors of files along, then closes those here.
func (s *service) pass(t *testing.T, text string, files []*os.File) string {
	t.Helper()
	conn := s.dial(t)
	fds := make([]int, len(files))
	for i, f := range files {
		fds[i] = int(f.Fd())
	}
	if _, _, err := conn.WriteMsgUnix([]byte(text), syscall.UnixRights(fds...), nil); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		f.Close()
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// closed waits until nobody holds the writing end of r, and returns what came.
func closed(t *testing.T, r *os.File) string {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStreamsReachStart(t *testing.T) {
	s := serve(t, &fake{start: func(_ context.Context, _ wire.StartRequest, files []*os.File, _ func(wire.Event)) {
		for i, f := range files {
			if flags, err := closeOnExec(f); err != nil || !flags {
				t.Errorf("stream %d stays open over exec: %v", i, err)
			}
			fmt.Fprintf(f, "stream %d", i)
			f.Close()
		}
	}})
	readers, writers := pipes(t, 2)
	answer := s.pass(t, post("/v1/start", `{"specs":[{}]}`), writers)
	if !strings.Contains(answer, `"done"`) {
		t.Fatal(answer)
	}
	for i, r := range readers {
		if got, want := closed(t, r), fmt.Sprintf("stream %d", i); got != want {
			t.Errorf("stream %d: %q", i, got)
		}
	}
}

func closeOnExec(f *os.File) (bool, error) {
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), syscall.F_GETFD, 0)
	if errno != 0 {
		return false, errno
	}
	return flags&syscall.FD_CLOEXEC != 0, nil
}

// Two are taken; whatever is more is closed, so that no client fills the
// supervisor's descriptor table.
func TestMoreStreamsAreClosed(t *testing.T) {
	taken := make(chan int, 1)
	s := serve(t, &fake{start: func(_ context.Context, _ wire.StartRequest, files []*os.File, _ func(wire.Event)) {
		for _, f := range files {
			f.Close()
		}
		taken <- len(files)
	}})
	readers, writers := pipes(t, 5)
	s.pass(t, post("/v1/start", `{"specs":[{}]}`), writers)
	if n := wait(t, taken); n != maxFiles {
		t.Errorf("%d taken", n)
	}
	for _, r := range readers {
		closed(t, r)
	}
}

func TestUnclaimedStreamsAreClosed(t *testing.T) {
	s := serve(t, &fake{})
	for _, request := range []string{
		"GET /v1/ping HTTP/1.1\r\n\r\n",
		post("/v1/stop", `{"targets":["web"]}`),
		post("/v1/start", `{"specs":[]}`),
		"nonsense\r\n\r\n",
	} {
		readers, writers := pipes(t, 2)
		s.pass(t, request, writers)
		for _, r := range readers {
			closed(t, r)
		}
	}
}

// Descriptors that come after the request are nobody's.
func TestLateStreamsAreClosed(t *testing.T) {
	s := serve(t, &fake{})
	readers, writers := pipes(t, 4)
	conn := s.dial(t)
	fmt.Fprint(conn, "GET /v1/events HTTP/1.1\r\n\r\n")
	if _, err := conn.Read(make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	for _, w := range writers {
		if _, _, err := conn.WriteMsgUnix([]byte("x"), syscall.UnixRights(int(w.Fd())), nil); err != nil {
			t.Fatal(err)
		}
		w.Close()
	}
	conn.Close()
	for _, r := range readers {
		closed(t, r)
	}
}
