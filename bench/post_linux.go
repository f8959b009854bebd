package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// notice is what a program said: who it is, when on CLOCK_MONOTONIC, and what.
type notice struct {
	pid  int
	at   time.Duration
	word string // up, begin, end
}

// post is a FIFO to which programs report.
type post struct {
	path string
	file *os.File
	in   chan notice
}

// openPost makes the FIFO in a folder. It is held open for both directions, so
// that it never ends; close it.
func openPost(dir, name string) (*post, error) {
	path := filepath.Join(dir, name)
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return nil, fmt.Errorf("make %s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	p := &post{path: path, file: f, in: make(chan notice, 1<<16)}
	go p.read()
	return p, nil
}

func (p *post) close() error { return p.file.Close() }

func (p *post) read() {
	defer close(p.in)
	for lines := bufio.NewScanner(p.file); lines.Scan(); {
		var n notice
		if _, err := fmt.Sscan(lines.Text(), &n.pid, &n.at, &n.word); err == nil {
			p.in <- n
		}
	}
}

// next waits for one notice.
func (p *post) next(timeout time.Duration) (notice, error) {
	select {
	case n, ok := <-p.in:
		if !ok {
			return n, os.ErrClosed
		}
		return n, nil
	case <-time.After(timeout):
		return notice{}, fmt.Errorf("no program reported within %v", timeout)
	}
}

// wait collects n notices.
func (p *post) wait(n int, timeout time.Duration) ([]notice, error) {
	var got []notice
	for end := time.Now().Add(timeout); len(got) < n; {
		one, err := p.next(time.Until(end))
		if err != nil {
			return got, fmt.Errorf("%d of %d programs run: %w", len(got), n, err)
		}
		got = append(got, one)
	}
	return got, nil
}

// collect is everything that comes within d.
func (p *post) collect(d time.Duration) []notice {
	var got []notice
	for end := time.Now().Add(d); ; {
		one, err := p.next(time.Until(end))
		if err != nil {
			return got
		}
		got = append(got, one)
	}
}

// latest is when the last of some notices came.
func latest(notices []notice) (at time.Duration) {
	for _, n := range notices {
		at = max(at, n.at)
	}
	return at
}
