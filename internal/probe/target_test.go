package probe

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// patience bounds a wait for something that comes at once unless it is broken.
const patience = 30 * time.Second

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func ready(t *testing.T, format string, args ...any) Ready {
	t.Helper()
	r, err := ParseReady(fmt.Sprintf(format, args...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// listen opens a port; serve is called for each connection, which it closes.
func listen(t *testing.T, addr string, serve func(net.Conn)) (port int) {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skip("SKIPPED: ", err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return ln.Addr().(*net.TCPAddr).Port
}

func TestTCP(t *testing.T) {
	var connections atomic.Int32
	count := func(conn net.Conn) {
		connections.Add(1)
		conn.Close()
	}
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
		port := listen(t, addr, count)
		for _, format := range []string{"tcp:%d", "tcp:localhost:%d"} {
			if err := ready(t, format, port).Wait(within(t), nil); err != nil {
				t.Errorf("%s on %s: %v", format, addr, err)
			}
		}
	}
	if err := ready(t, "tcp:127.0.0.1:%d", listen(t, "127.0.0.1:0", count)).Wait(within(t), nil); err != nil {
		t.Error(err)
	}
}

// answering serves one request with a fixed answer.
func answering(answer string) func(net.Conn) {
	return func(conn net.Conn) {
		defer conn.Close()
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		io.WriteString(conn, answer)
	}
}

func TestHTTPAnswers(t *testing.T) {
	for answer, want := range map[string]string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok":                          "",
		"HTTP/1.0 204 No Content\r\n\r\n":                                         "",
		"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n":                          "",
		"HTTP/1.1 200\r\n\r\n":                                                    "",
		"HTTP/1.1 200 OK\n\n":                                                     "",
		"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n":   "",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Internal Server Error\r\n\r\n": "answered 500",
		"HTTP/1.1 404 Not Found\r\n\r\n":                                          "answered 404",
		"HTTP/1.1 503 Service Unavailable\r\n\r\n":                                "answered 503",
		"HTTP/1.1 101 Switching Protocols\r\n\r\n":                                "answered 101",
		"HTTP/1.1 2000 OK\r\n\r\n":                                                "not HTTP/1",
		"HTTP/1.1 099 What\r\n\r\n":                                               "not HTTP/1",
		"HTTP/2 200\r\n\r\n":                                                      "not HTTP/1",
		"220 mail.example ESMTP\r\n":                                              "not HTTP/1",
		strings.Repeat("x", 100_000):                                              "not HTTP/1",
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 10_000):                   "closed without an answer",
		"HTTP/1.1 100 Continue\r\n" + strings.Repeat("A: b\r\n", 20_000):          "closed without an answer",
		"":               "closed without an answer",
		"HTTP/1.1 200 O": "closed without an answer",
	} {
		port := listen(t, "127.0.0.1:0", answering(answer))
		err := ready(t, "http:%d/x", port).at.check(within(t), nil)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.60q: %v, want %q", answer, err, want)
		}
	}
}

func TestHTTPRequest(t *testing.T) {
	requests := make(chan *http.Request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- r
		if _, err := w.Write(bytes.Repeat([]byte("long "), 10_000)); err != nil {
			t.Errorf("the probe did not read the answer: %v", err)
		}
	}))
	defer server.Close()
	if err := ready(t, "%s/a/b?c=d%%20e", server.URL).Wait(within(t), nil); err != nil {
		t.Fatal(err)
	}
	r := <-requests
	where, err := url.Parse(server.URL)
	if err != nil || r.Method != "GET" || r.RequestURI != "/a/b?c=d%20e" || r.Host != where.Host || !r.Close || r.UserAgent() != "forever" {
		t.Errorf("asked %+v, %v", r, err)
	}
}

func TestHTTPBecomesReady(t *testing.T) {
	var asked atomic.Int32
	port := listen(t, "127.0.0.1:0", func(conn net.Conn) {
		answer := "HTTP/1.1 503 Starting\r\n\r\n"
		if asked.Add(1) > 3 {
			answer = "HTTP/1.1 200 OK\r\n\r\n"
		}
		answering(answer)(conn)
	})
	if err := ready(t, "http:%d/", port).Wait(within(t), nil); err != nil || asked.Load() != 4 {
		t.Errorf("%v after %d questions", err, asked.Load())
	}
}

// A server that says nothing is no answer, whatever it does to the connection.
func TestHTTPSilence(t *testing.T) {
	over := make(chan struct{})
	defer close(over)
	port := listen(t, "127.0.0.1:0", func(conn net.Conn) {
		defer conn.Close()
		<-over
	})
	h, err := ParseHealth(fmt.Sprintf("http:%d/x,timeout=50ms", port))
	if err != nil {
		t.Fatal(err)
	}
	err = h.Check(t.Context(), Subject{})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.HasSuffix(err.Error(), "no answer: it takes longer than 50ms") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Check(ctx, Subject{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestHealthOfAPort(t *testing.T) {
	h, err := ParseHealth(fmt.Sprintf("tcp:%d", listen(t, "127.0.0.1:0", func(conn net.Conn) { conn.Close() })))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Check(t.Context(), Subject{}); err != nil {
		t.Error(err)
	}
}

// Whatever a server says: it ends, and only a status is taken for one.
func FuzzReadStatus(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\n"))
	f.Add([]byte("HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.0 404\n"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		status, err := readStatus(bufio.NewReader(bytes.NewReader(answer)))
		if err == nil && (status < 100 || status > 999 || !bytes.Contains(answer, fmt.Appendf(nil, " %d", status))) {
			t.Fatalf("%q has the status %d", answer, status)
		}
	})
}

// How this machine and a given address are connected to can be chosen: by both of
// its own, as long as there is no answer.
func TestHealthByAnotherWay(t *testing.T) {
	for host, want := range map[string][]string{
		"": {"127.0.0.1:80", "[::1]:80"}, "localhost:": {"127.0.0.1:80", "[::1]:80"},
		"127.0.0.1:": {"127.0.0.1:80"}, "[::1]:": {"[::1]:80"}, "192.0.2.1:": {"192.0.2.1:80"},
	} {
		h, err := ParseHealth("tcp:" + host + "80")
		if err != nil {
			t.Fatal(err)
		}
		var asked []string
		err = h.Check(within(t), Subject{Dial: func(_ context.Context, to netip.AddrPort) (net.Conn, error) {
			asked = append(asked, to.String())
			return nil, errors.New("nobody")
		}})
		if err == nil || !slices.Equal(asked, want) {
			t.Errorf("%q: asked are %v (%v), want %v", host, asked, err, want)
		}
	}
}
