package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	loadClients = 16
	loadPause   = 2 * time.Millisecond // of each client, between two requests
	loadTimeout = 5 * time.Second      // until a request counts as failed
)

// load are clients that send requests to one address and count every one that
// is not answered. None is sent a second time. It is safe to look at while it
// runs.
type load struct {
	addr     string
	keep     bool          // connections are used again
	patience time.Duration // for a connection and for an answer

	stopped chan struct{}
	clients sync.WaitGroup

	mu    sync.Mutex
	tally tally
	last  time.Time // of a good answer
}

// tally is what came of the requests.
type tally struct {
	total, failed int
	gap           time.Duration // the longest time without a good answer
	causes        map[string]int
}

// startLoad begins at once; end it with stop.
func startLoad(port int, keep bool, patience time.Duration) *load {
	l := &load{
		addr: fmt.Sprintf("127.0.0.1:%d", port), keep: keep, patience: patience, stopped: make(chan struct{}),
		last: time.Now(), tally: tally{causes: map[string]int{}},
	}
	for range loadClients {
		l.clients.Go(l.client)
	}
	return l
}

// stop ends the load when every client has its last answer.
func (l *load) stop() tally {
	close(l.stopped)
	l.clients.Wait()
	l.tally.gap = max(l.tally.gap, time.Since(l.last))
	return l.tally
}

// total is how many requests there were so far.
func (l *load) total() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tally.total
}

// client is one of them.
func (l *load) client() {
	var c *connection
	defer func() { c.close() }()
	for {
		select {
		case <-l.stopped:
			return
		case <-time.After(loadPause):
		}
		var err error
		c, err = l.request(c)
		l.count(err)
	}
}

func (l *load) count(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.total++
	if err != nil {
		l.tally.failed++
		l.tally.causes[causeOf(err)]++
		return
	}
	l.tally.gap = max(l.tally.gap, time.Since(l.last))
	l.last = time.Now()
}

// connection is one to the server; nil is none.
type connection struct {
	net.Conn
	r *bufio.Reader
}

func (c *connection) close() {
	if c != nil {
		c.Conn.Close()
	}
}

// request sends one, over c or a new connection, and returns the connection if
// it may be used again.
func (l *load) request(c *connection) (*connection, error) {
	if c == nil {
		plain, err := net.DialTimeout("tcp", l.addr, l.patience)
		if err != nil {
			return nil, fmt.Errorf("connect: %w", err)
		}
		c = &connection{plain, bufio.NewReader(plain)}
	}
	again, err := l.exchange(c)
	if err != nil || !again {
		c.close()
		return nil, err
	}
	return c, nil
}

// exchange tells whether the server will take another request.
func (l *load) exchange(c *connection) (again bool, err error) {
	if err := c.SetDeadline(time.Now().Add(l.patience)); err != nil {
		return false, err
	}
	header := "Connection: close\r\n"
	if l.keep {
		header = ""
	}
	if _, err := fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: %s\r\n%s\r\n", l.addr, header); err != nil {
		return false, fmt.Errorf("write: %w", err)
	}
	answer, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return false, fmt.Errorf("read: %w", err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return false, fmt.Errorf("read: %w", err)
	}
	if answer.StatusCode != http.StatusOK || string(body) != "hello\n" {
		return false, fmt.Errorf("answer: %s", answer.Status)
	}
	return l.keep && !answer.Close, nil
}

// reasons are the causes in words, the most frequent first.
func (t tally) reasons() string {
	names := slices.SortedFunc(maps.Keys(t.causes), func(a, b string) int {
		return cmp.Or(t.causes[b]-t.causes[a], strings.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, t.causes[name])
	}
	return strings.Join(names, ", ")
}

// causeOf names an error in two words.
func causeOf(err error) string {
	where, _, _ := strings.Cut(err.Error(), ":")
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return where + " refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return where + " reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return where + " end"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return where + " timeout"
	}
	return err.Error()
}
