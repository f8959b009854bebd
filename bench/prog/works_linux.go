package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

const page = 4096

// readBytes is the cheapest call there is that does something.
func readBytes(string) (func() error, error) {
	zero, err := unix.Open("/dev/zero", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	buf := make([]byte, 1)
	return func() error {
		_, err := unix.Read(zero, buf)
		return err
	}, err
}

// openFiles opens, reads and closes, and does nothing with what it has read.
func openFiles(string) (func() error, error) {
	buf := make([]byte, page)
	return func() error { return readFile("/proc/self/exe", buf) }, nil
}

func readFile(path string, buf []byte) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if _, err := unix.Read(fd, buf); err != nil {
		return err
	}
	return unix.Close(fd)
}

// changePages is what a database does with a file that is in memory: it locks it, reads
// a page, changes that, writes it, and unlocks.
func changePages(dir string) (func() error, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	fd, err := unix.Open(filepath.Join(dir, "pages"), unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, err
	}
	buf, at := make([]byte, page), int64(0)
	if err := unix.Ftruncate(fd, 64*page); err != nil {
		return nil, err
	}
	lock := func(kind int16) error {
		return unix.FcntlFlock(uintptr(fd), unix.F_SETLK, &unix.Flock_t{Type: kind, Len: 1})
	}
	return func() error {
		at = (at + 7*page) % (64 * page)
		if err := lock(unix.F_WRLCK); err != nil {
			return err
		}
		if _, err := unix.Pread(fd, buf, at); err != nil {
			return err
		}
		buf[0]++
		if _, err := unix.Pwrite(fd, buf, at); err != nil {
			return err
		}
		return lock(unix.F_UNLCK)
	}, nil
}

// answerRequests is a server of Go's library and its client: one request on a
// connection that is kept, over a pair of sockets.
func answerRequests(string) (func() error, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	client, server := os.NewFile(uintptr(fds[0]), "client"), os.NewFile(uintptr(fds[1]), "server")
	asked, answered := bufio.NewReader(server), bufio.NewReader(client)
	return func() error {
		if _, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: bench\r\nAccept: */*\r\n\r\n"); err != nil {
			return err
		}
		request, err := http.ReadRequest(asked)
		if err != nil {
			return err
		}
		answer := http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(strings.NewReader("hello\n")), ContentLength: 6, Request: request}
		if err := answer.Write(server); err != nil {
			return err
		}
		got, err := http.ReadResponse(answered, request)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, got.Body)
		return err
	}, nil
}
