package cluster

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
)

// A program that looks whether a port is free, at several addresses, before it listens
// there is served as any other: what it has closed takes no connections, neither when
// it starts nor in a reload.
func TestTriesPortsBefore(t *testing.T) {
	for _, n := range []int{1, 2} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			port := freePort(t)
			all, one, two := "0.0.0.0:"+port, "127.0.0.1:"+port, "127.0.0.2:"+port
			script := w.file("web.sh", fmt.Sprintf("#!/bin/sh\n%s try %s %s %s && exec %s tcp4/%s\n", habits, all, one, two, goServer, all))
			w.cluster(n, nil, script)
			w.everyInstanceAnswers(n, one)
			w.everyInstanceAnswers(n, two)
			l := newLoad(t, one, 2, false)
			for range 3 {
				w.must("reload", "web")
				l.answered(20)
			}
			l.whole()
			pids := w.pids()
			w.kill(pids[0])
			w.replaced(pids[:1])
			w.everyInstanceAnswers(n, one)
			w.must("stop", "web")
			isFree(t, all)
		})
	}
}

// What a bind is refused without us it is refused here, in one instance: a second name
// for a socket, and a second socket at what its own address covers. And it is the
// program's socket that is replaced, under all its numbers.
func TestBindsAgain(t *testing.T) {
	for habit, host := range map[string]string{"again": "0.0.0.0", "copies": "127.0.0.1"} {
		t.Run(habit, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			port := freePort(t)
			w.cluster(2, nil, habits, habit, net.JoinHostPort(host, port))
			w.everyInstanceAnswers(2, net.JoinHostPort("127.0.0.1", port))
		})
	}
}

// A program that shares its port by itself (SO_REUSEPORT) does so with strangers too.
func TestJoinsAStranger(t *testing.T) {
	w := newWorld(t)
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	stranger := func() { syscall.Close(fd) }
	defer func() { stranger() }()
	const reusePort = 0xf
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, reusePort, 1); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", sa.(*syscall.SockaddrInet4).Port)
	w.cluster(2, nil, habits, "joins", address)
	stranger()
	stranger = func() {}
	w.everyInstanceAnswers(2, address)
}

// It does not beside another app, whose connections are steered to its instances alone.
func TestJoinsNoOtherApp(t *testing.T) {
	w := newWorld(t)
	address := w.serve(2)
	a := w.run("start", "--name", "other", "-i", "2", habits, "joins", address)
	if a.code != 1 || !strings.Contains(a.err, "address already in use") {
		t.Errorf("another app on the same port: %v", a)
	}
	w.everyInstanceAnswers(2, address)
}

// A version that listens elsewhere leaves the old address: nobody waits there for an
// answer that is not to come, after a reload as after a restart. Neither does anybody
// where a version listened that did not get into service.
func TestAnotherPort(t *testing.T) {
	for _, how := range []string{"reload", "restart"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			before, now := net.JoinHostPort("127.0.0.1", freePort(t)), net.JoinHostPort("127.0.0.1", freePort(t))
			script := w.file("web.sh", fmt.Sprintf("#!/bin/sh\nexec %s tcp4/%s\n", goServer, before))
			w.cluster(2, []string{"--listen-timeout", "5s"}, script)
			w.everyInstanceAnswers(2, before)
			w.file("web.sh", fmt.Sprintf("#!/bin/sh\nexec %s tcp4/%s\n", goServer, now))
			w.must(how, "web")
			w.everyInstanceAnswers(2, now)
			w.refused(before)
			isFree(t, before)

			broken := net.JoinHostPort("127.0.0.1", freePort(t))
			w.file("web.sh", fmt.Sprintf("#!/bin/sh\n%s tcp4/%s &\nsleep 0.1\nexit 1\n", goServer, broken))
			if a := w.run("reload", "web"); a.code != 1 {
				t.Errorf("the reload of a broken version: %v", a)
			}
			w.refused(broken)
			w.everyInstanceAnswers(2, now)
		})
	}
}

// One instance of an app at rest is started alone; what the others had is history.
func TestStartsOneOfTwo(t *testing.T) {
	w := newWorld(t)
	port := freePort(t)
	w.cluster(2, nil, goServer, "tcp/:"+port)
	w.everyInstanceAnswers(2, "[::1]:"+port)
	w.must("start", "--name", "other", "/bin/sleep", "1000") // which keeps the supervisor
	supervisor := w.ping().SupervisorPID
	w.must("stop", "web")
	w.must("start", "web:0")
	w.until("an answer", func() bool {
		pid, err := ask("[::1]:" + port)
		return err == nil && pid == w.pids()[0]
	})
	w.must("stop", "web:0")
	if now := w.ping().SupervisorPID; now != supervisor {
		t.Errorf("the supervisor was %d and is %d", supervisor, now)
	}
}

// refused waits until nobody listens at an address.
func (w *world) refused(address string) {
	w.t.Helper()
	w.until("the end of "+address, func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return errors.Is(err, syscall.ECONNREFUSED)
	})
}
