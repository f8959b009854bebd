package main

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// web is a server in Node, bench/js/server.js, on a port of its own.
type web struct {
	job
	port int
}

// webKinds are its variants.
var webKinds = []string{"express", "plain"}

// What a server does when it is asked to stop.
const (
	drains   = "drain"
	careless = "careless"
)

// web makes a server's job.
func (s *session) web(kind, manner string) (web, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return web{}, err
	}
	port, err := freePort()
	if err != nil {
		return web{}, err
	}
	if kind == "express" {
		kind = filepath.Join(s.tools, "npm", "express", "node_modules", "express")
	}
	args := []string{s.script("server.js"), s.post.path, strconv.Itoa(port), kind, manner}
	return web{job{name: "web", path: node, args: args}, port}, nil
}

// script is the path of one of the scripts of bench/js.
func (l *lab) script(name string) string { return filepath.Join(l.tools, "bin", name) }

// freePort is a port of 127.0.0.1 that nobody has at the moment.
func freePort() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// serve starts a server n times on one port, and waits until all listen.
func (s *session) serve(w web, n int, start func(web) error) ([]notice, error) {
	if err := start(w); err != nil {
		return nil, err
	}
	return s.post.wait(n, time.Minute)
}
