package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// serveTest runs a handler for the test and returns its port.
func serveTest(t *testing.T, h http.HandlerFunc) int {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// hello answers as bench/js/server.js does.
func hello(w http.ResponseWriter) { _, _ = io.WriteString(w, "hello\n") }

func TestLoadCountsGoodAnswers(t *testing.T) {
	for _, keep := range []bool{false, true} {
		var served atomic.Int64
		enough := make(chan struct{})
		port := serveTest(t, func(w http.ResponseWriter, r *http.Request) {
			hello(w)
			if n := served.Add(1); n == 100 {
				close(enough)
			}
		})
		l := startLoad(port, keep, time.Minute)
		<-enough
		got := l.stop()
		if got.total < 100 || int64(got.total) != served.Load() || got.failed != 0 || got.gap <= 0 {
			t.Errorf("keep-alive %v: %+v, %d served", keep, got, served.Load())
		}
	}
}

func TestLoadCountsEveryFailure(t *testing.T) {
	var served atomic.Int64
	enough := make(chan struct{})
	port := serveTest(t, func(w http.ResponseWriter, r *http.Request) {
		switch n := served.Add(1); {
		case n == 100:
			close(enough)
		case n%10 == 5:
			panic(http.ErrAbortHandler) // the connection ends without an answer
		case n%10 == 7:
			w.WriteHeader(http.StatusBadGateway)
		}
		hello(w)
	})
	l := startLoad(port, true, time.Minute)
	<-enough
	got := l.stop()
	if got.failed < 20 || got.causes["read end"] < 10 || got.causes["answer: 502 Bad Gateway"] < 10 {
		t.Errorf("%+v", got)
	}
}

func TestRequestSaysWhyItFailed(t *testing.T) {
	l := &load{addr: boundPort(t), patience: time.Minute}
	if _, err := l.request(nil); err == nil || causeOf(err) != "connect refused" {
		t.Errorf("%v", err)
	}
}

// boundPort is an address that is taken, and where nobody listens.
func boundPort(t *testing.T) string {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return "127.0.0.1:" + strconv.Itoa(sa.(*unix.SockaddrInet4).Port)
}

func TestReasons(t *testing.T) {
	got := tally{causes: map[string]int{"b": 1, "a": 1, "c": 12}}.reasons()
	if want := "c 12, a 1, b 1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
