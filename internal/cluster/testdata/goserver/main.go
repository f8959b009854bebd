// A server that knows nothing of forever. It answers with its PID on each
// address that its arguments name (tcp4/127.0.0.1:80), and ends on SIGTERM when
// it has told every client that it closes the connection.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

func main() {
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type server struct {
	leaving atomic.Bool
	open    sync.WaitGroup // connections
}

func serve(addresses []string) error {
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM)
	s := new(server)
	var listeners []net.Listener
	for _, a := range addresses {
		network, address, _ := strings.Cut(a, "/")
		if strings.HasPrefix(network, "udp") {
			if _, err := net.ListenPacket(network, address); err != nil {
				return err
			}
			continue
		}
		ln, err := net.Listen(network, address)
		if err != nil {
			return err
		}
		listeners = append(listeners, ln)
		go http.Serve(counted{ln, s}, s)
	}
	<-terminate
	s.leaving.Store(true)
	for _, ln := range listeners {
		ln.Close()
	}
	s.open.Wait()
	return nil
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.leaving.Load() {
		w.Header().Set("Connection", "close")
	}
	fmt.Fprint(w, os.Getpid())
}

// counted counts the connections that are open.
type counted struct {
	net.Listener
	s *server
}

func (l counted) Accept() (net.Conn, error) {
	l.s.open.Add(1) // before, so that none is between the two
	c, err := l.Listener.Accept()
	if err != nil {
		l.s.open.Done()
		return nil, err
	}
	return &conn{Conn: c, s: l.s}, nil
}

type conn struct {
	net.Conn
	s    *server
	once sync.Once
}

func (c *conn) Close() error {
	defer c.once.Do(c.s.open.Done)
	return c.Conn.Close()
}
