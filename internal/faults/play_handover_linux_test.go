package faults

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

func init() {
	roles["hands"], roles["middle"], roles["heir"] = hands, middle, heir
	roles["claims"], roles["relay"] = claims, relay
}

// hands starts an heir, gives its place to it and ends. KIND of the heir is child,
// session (a session of its own) or daemon (forked twice; it says itself that it
// is the one). WHEN is now, told (by SIGUSR1; ready before that), stay (it does
// not end) or late (the heir is asked to end, and has, before it is named).
//
//	hands WHEN KIND
func hands(args []string) int {
	when, kind := args[0], args[1]
	if when == "told" {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGUSR1)
		notify("READY=1")
		hello("hands")
		<-c
	}
	if err := appoint(when, kind); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 98
	}
	if when == "stay" {
		hello("hands")
		pause()
	}
	return atOnce()
}

// atOnce ends this process without what Go does at an end, which takes a second
// where races are looked for.
func atOnce() int {
	unix.Exit(0)
	return 0
}

func appoint(when, kind string) error {
	if kind == "daemon" {
		return appointDaemon()
	}
	cmd := again("heir")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: kind == "session"}
	if err := cmd.Start(); err != nil {
		return err
	}
	if when == "late" {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	return notify(fmt.Sprintf("MAINPID=%d\nREADY=1", cmd.Process.Pid))
}

// appointDaemon waits until the daemon has named itself.
func appointDaemon() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := again("middle")
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Run(); err != nil {
		return err
	}
	w.Close()
	_, err = r.Read(make([]byte, 1))
	if err == io.EOF {
		return nil
	}
	return fmt.Errorf("the daemon: %v", err)
}

func middle([]string) int {
	cmd := again("heir", "itself")
	cmd.ExtraFiles = []*os.File{os.NewFile(3, "named")}
	if cmd.Start() != nil {
		return 98
	}
	return 0
}

// heir ends with code 7 when it is told to by SIGUSR1.
func heir(args []string) int {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	if len(args) > 0 && args[0] == "itself" {
		notify(fmt.Sprintf("MAINPID=%d\nREADY=1", os.Getpid()))
		unix.Close(3)
	}
	hello("heir")
	<-c
	return 7
}

// claims names a process that may be anybody's.
func claims(args []string) int {
	notify("MAINPID=" + args[0] + "\nREADY=1\nSTATUS=claimed")
	hello("claims")
	pause()
	return 0
}

// relay hands over from one process to the next, so many times. Each ends in the
// very moment in which it has named the next, which goes on when that has been
// heard (sd_notify_barrier(3)).
func relay(args []string) int {
	left, err := strconv.Atoi(args[0])
	if err != nil {
		return 2
	}
	if len(args) > 1 && args[1] == "next" {
		_, _ = os.Stdin.Read(make([]byte, 1)) // the end of who came before
		if err := barrier(); err != nil {
			return 97
		}
	}
	if left == 0 {
		hello("relay")
		pause()
	}
	r, _, err := os.Pipe() // its other end is closed by our end
	if err != nil {
		return 96
	}
	cmd := again("relay", strconv.Itoa(left-1), "next")
	cmd.Stdin = r
	if cmd.Start() != nil || notify(fmt.Sprintf("MAINPID=%d\nREADY=1", cmd.Process.Pid)) != nil {
		return 98
	}
	return atOnce()
}

// again is this binary in another role.
func again(role ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", role...)
	cmd.Args[0] = "play"
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd
}

// notify says something in the way of sd_notify(3).
func notify(text string) error {
	conn, err := net.Dial("unixgram", os.Getenv("NOTIFY_SOCKET"))
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write([]byte(text))
	return err
}

// barrier waits until all has been dealt with that was said before.
func barrier() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	speaker, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(speaker)
	to := &unix.SockaddrUnix{Name: os.Getenv("NOTIFY_SOCKET")}
	err = unix.Sendmsg(speaker, []byte("BARRIER=1"), unix.UnixRights(int(w.Fd())), to, 0)
	w.Close()
	if err != nil {
		return err
	}
	if _, err = r.Read(make([]byte, 1)); err == io.EOF {
		return nil
	}
	return err
}
