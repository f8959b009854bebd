package cluster

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// ask makes one request on a connection of its own, and returns who answers.
func ask(address string) (pid int, err error) {
	c, err := dial(address)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	pid, _, err = c.request(false)
	return pid, err
}

// connection is one to a server, without anything that would try again.
type connection struct {
	net.Conn
	r *bufio.Reader
}

func dial(address string) (*connection, error) {
	network := "tcp"
	if address[0] == '/' || address[0] == '@' {
		network = "unix"
	}
	c, err := net.DialTimeout(network, address, patience)
	if err != nil {
		return nil, err
	}
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		c.Close()
		return nil, err
	}
	return &connection{c, bufio.NewReader(c)}, nil
}

// request asks for the PID; last: the server closes the connection then.
func (c *connection) request(keep bool) (pid int, last bool, err error) {
	header := ""
	if !keep {
		header = "Connection: close\r\n"
	}
	if _, err := fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: test\r\n%s\r\n", header); err != nil {
		return 0, true, err
	}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return 0, true, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, true, err
	}
	pid, err = strconv.Atoi(string(body))
	return pid, resp.Close, err
}

// load is a number of clients that ask as fast as they are answered.
type load struct {
	t       testing.TB
	address string
	keep    bool
	stop    chan struct{}
	clients sync.WaitGroup

	mu      sync.Mutex
	some    sync.Cond // answered has grown
	counted counts
}

// counts is what became of the requests.
type counts struct {
	answered, refused, failed int
	away                      int   // of a path: there was none
	first                     error // that was not an answer
}

// newLoad starts clients. keep: they use a connection until the server says that
// it closes it; otherwise each request has one of its own.
func newLoad(t testing.TB, address string, clients int, keep bool) *load {
	t.Helper()
	l := &load{t: t, address: address, keep: keep, stop: make(chan struct{})}
	l.some.L = &l.mu
	for range clients {
		l.clients.Go(l.client)
	}
	t.Cleanup(func() { l.end() })
	return l
}

func (l *load) client() {
	var c *connection
	defer func() {
		if c != nil {
			c.Close()
		}
	}()
	for {
		select {
		case <-l.stop:
			return
		default:
		}
		var err error
		if c == nil {
			if c, err = dial(l.address); err != nil {
				c = nil
				l.count(err)
				continue
			}
		}
		_, last, err := c.request(l.keep)
		l.count(err)
		if last || err != nil || !l.keep {
			c.Close()
			c = nil
		}
	}
}

func (l *load) count(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		l.counted.answered++
		l.some.Broadcast()
	case errors.Is(err, syscall.ECONNREFUSED):
		l.counted.refused++
	case errors.Is(err, syscall.ENOENT):
		l.counted.away++
	default:
		l.counted.failed++
	}
	if err != nil && l.counted.first == nil {
		l.counted.first = err
	}
}

// answered waits until n more requests have been answered.
func (l *load) answered(n int) {
	l.t.Helper()
	late := time.AfterFunc(patience, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.some.Broadcast()
	})
	defer late.Stop()
	until := time.Now().Add(patience)
	l.mu.Lock()
	defer l.mu.Unlock()
	for want := l.counted.answered + n; l.counted.answered < want; l.some.Wait() {
		if time.Now().After(until) {
			l.t.Fatalf("%d requests are not answered: %+v", n, l.counted)
		}
	}
}

// end stops the clients and returns what they counted.
func (l *load) end() counts {
	l.mu.Lock()
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.mu.Unlock()
	l.clients.Wait()
	return l.counted
}

// whole ends a load in which nothing may have failed.
func (l *load) whole() {
	l.t.Helper()
	if c := l.end(); c.refused+c.away+c.failed > 0 {
		l.t.Errorf("%s: of %d requests %d were refused, %d found no path and %d failed, the first with: %v",
			l.address, c.answered+c.refused+c.away+c.failed, c.refused, c.away, c.failed, c.first)
	}
}
