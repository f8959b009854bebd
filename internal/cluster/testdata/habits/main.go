// A program with habits that a filter must not disturb. It answers with its PID on the
// address of its second argument; the first says what it does before:
//
//	signal  waits for SIGUSR2, and notes each SIGUSR1 and SIGTERM in the file of the
//	        third argument; it binds and accepts on its main thread
//	thread  binds on another thread
//	exec    executes itself before it binds and, with the socket, after that
//	fork    has a child that binds the address of the third argument
//	try     listens at each of its arguments for a moment, and ends
//	again   binds what it must not, and ends if that succeeds
//	while   has the socket of a path for a while, in the folder of the second argument,
//	        which it makes and removes
//	joins   shares its address with other sockets (SO_REUSEPORT)
//	copies  serves on a copy of its socket that it has made before it binds it
package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
)

func init() { runtime.LockOSThread() } // main stays on the main thread

func main() {
	if err := live(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func live(habit string, args []string) error {
	switch habit {
	case "signal":
		awaitSignal(args[1])
	case "thread":
		return inThread(func() error { return serveAt(args[0]) })
	case "exec":
		return executeAgain(args[0])
	case "again":
		return bindAgain(args[0])
	case "while":
		if err := listenForAWhile(args[1]); err != nil {
			return err
		}
	case "copies":
		return serveCopy(args[0])
	case "joins":
		return serveShared(args[0])
	case "try":
		return tryOut(args)
	case "fork":
		child := exec.Command("/proc/self/exe", "plain", args[1])
		child.Stderr = os.Stderr
		if err := child.Start(); err != nil {
			return err
		}
	}
	return serveAt(args[0])
}

// tryOut listens at addresses for a moment, as programs do that look for a free port.
func tryOut(addresses []string) error {
	for _, address := range addresses {
		fd, err := listen(address, syscall.SOCK_CLOEXEC)
		if err != nil {
			return fmt.Errorf("try %s: %w", address, err)
		}
		syscall.Close(fd)
	}
	return nil
}

// listenForAWhile removes what it has made as rm(1) does: all that it sees in the
// folder, once, and the folder.
func listenForAWhile(parent string) error {
	dir, err := os.MkdirTemp(parent, "")
	if err != nil {
		return err
	}
	ln, err := net.Listen("unix", dir+"/s")
	if err != nil {
		return err
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false)
	ln.Close()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.Remove(dir + "/" + e.Name()); err != nil {
			return err
		}
	}
	return os.Remove(dir)
}

// bindAgain binds what is bound: a socket that has a name, the same address, and one
// that the first covers.
func bindAgain(address string) error {
	fd, err := listen(address, syscall.SOCK_CLOEXEC)
	if err != nil {
		return err
	}
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		return err
	}
	if err := syscall.Bind(fd, sa); err != syscall.EINVAL {
		return fmt.Errorf("a second name for a socket: %v, want EINVAL", err)
	}
	for _, ip := range [][4]byte{{}, {127, 0, 0, 1}} {
		other, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		err = syscall.Bind(other, &syscall.SockaddrInet4{Port: sa.(*syscall.SockaddrInet4).Port, Addr: ip})
		if err != syscall.EADDRINUSE {
			return fmt.Errorf("a second socket at %v: %v, want EADDRINUSE", ip, err)
		}
		syscall.Close(other)
	}
	return serve(fd)
}

func serveCopy(address string) error {
	copied := -1
	fd, err := listenAs(address, syscall.SOCK_CLOEXEC, func(fd int) (err error) {
		copied, err = syscall.Dup(fd)
		return err
	})
	if err != nil {
		return err
	}
	syscall.Close(fd)
	return serve(copied)
}

func serveShared(address string) error {
	const reusePort = 0xf // SO_REUSEPORT, which package syscall lacks
	fd, err := listenAs(address, syscall.SOCK_CLOEXEC, func(fd int) error {
		return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, reusePort, 1)
	})
	if err != nil {
		return err
	}
	return serve(fd)
}

// awaitSignal returns at SIGUSR2. The signals after it are noted on another thread.
func awaitSignal(notes string) {
	begin, others := make(chan os.Signal, 1), make(chan os.Signal, 8)
	signal.Notify(begin, syscall.SIGUSR2)
	signal.Notify(others, syscall.SIGUSR1, syscall.SIGTERM)
	go func() {
		for sig := range others {
			f, err := os.OpenFile(notes, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err != nil {
				os.Exit(1)
			}
			fmt.Fprintln(f, os.Getpid(), sig)
			f.Close()
			if sig == syscall.SIGTERM {
				os.Exit(3)
			}
		}
	}()
	<-begin
}

func inThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- f()
	}()
	return <-done
}

// socketEnv is how often the program has executed itself, or which descriptor it has
// from before.
const socketEnv = "HABITS_SOCKET"

func executeAgain(address string) error {
	again := func(value string) error {
		if err := os.Setenv(socketEnv, value); err != nil {
			return err
		}
		return syscall.Exec("/proc/self/exe", os.Args, os.Environ())
	}
	value := os.Getenv(socketEnv)
	switch value {
	case "":
		return again("none")
	case "none":
		fd, err := listen(address, 0)
		if err != nil {
			return err
		}
		return again(strconv.Itoa(fd))
	}
	fd, err := strconv.Atoi(value)
	if err != nil {
		return err
	}
	return serve(fd)
}

func serveAt(address string) error {
	fd, err := listen(address, syscall.SOCK_CLOEXEC)
	if err != nil {
		return err
	}
	return serve(fd)
}

func listen(address string, flags int) (int, error) {
	return listenAs(address, flags, func(int) error { return nil })
}

// listenAs has something done with the socket before it is bound.
func listenAs(address string, flags int, prepare func(fd int) error) (int, error) {
	addr, err := netip.ParseAddrPort(address)
	if err != nil {
		return -1, err
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|flags, 0)
	if err != nil {
		return -1, err
	}
	if err := prepare(fd); err != nil {
		return -1, err
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}); err != nil {
		return -1, fmt.Errorf("bind: %w", err)
	}
	return fd, syscall.Listen(fd, 128)
}

// serve waits in accept(2) itself, on the thread that it is called on.
func serve(fd int) error {
	for {
		conn, _, err := syscall.Accept(fd)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		go answer(conn)
	}
}

func answer(conn int) {
	defer syscall.Close(conn)
	var request [4096]byte
	if _, err := syscall.Read(conn, request[:]); err != nil {
		return
	}
	body := strconv.Itoa(os.Getpid())
	text := fmt.Sprintf("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	_, _ = syscall.Write(conn, []byte(text)) // whoever has gone needs no answer
}
