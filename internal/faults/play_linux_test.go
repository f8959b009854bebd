package faults

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// roles are what this binary does when forever runs it as a program. Each
// that stays says hello when it is what it should be.
var roles = map[string]func(args []string) int{
	"sleep":    sleep,
	"stubborn": stubborn,
	"polite":   polite,
	"exit":     exit,
	"brief":    brief,
	"lines":    lines,
	"tree":     tree,
	"orphan":   orphan,
	"bomb":     bomb,
	"torrent":  torrent,
}

// helloEnv names the pipe that a program says hello to. A program without an
// environment finds it in an argument helloEnv=PATH.
const helloEnv = "FAULTS_HELLO"

// hello tells the test who is there: a word and the PID, in one write.
func hello(word string) {
	f, err := os.OpenFile(helloPath(), os.O_WRONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return // the test has ended, or does not want to know
	}
	defer f.Close()
	fmt.Fprintf(f, "%s %d\n", word, os.Getpid())
}

func helloPath() string { return told(helloEnv) }

// told is what an argument NAME=VALUE says, or else the environment.
func told(name string) string {
	for _, arg := range os.Args {
		if value, ok := strings.CutPrefix(arg, name+"="); ok {
			return value
		}
	}
	return os.Getenv(name)
}

func sleep([]string) int {
	hello("sleep")
	pause()
	return 0
}

// pause waits without a thread of Go's noticing that nothing will ever come.
func pause() {
	for {
		_ = unix.Pause() // returns for each signal that is handled
	}
}

// stubborn ignores every polite signal.
func stubborn([]string) int {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	hello("stubborn")
	pause()
	return 0
}

// polite asks before it ends: asked to end, it connects to the socket that its
// argument names, and ends when the other side hangs up.
func polite(args []string) int {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	hello("polite")
	<-c
	conn, err := net.Dial("unix", args[0])
	if err != nil {
		return 3
	}
	_, _ = conn.Read(make([]byte, 1)) // the end of the connection is the answer
	return 0
}

func exit(args []string) int {
	code, err := strconv.Atoi(args[0])
	if err != nil {
		return 2
	}
	return code
}

// brief lives for so many milliseconds, and fails.
func brief(args []string) int {
	life, err := strconv.Atoi(args[0])
	if err != nil {
		return 2
	}
	<-time.After(time.Duration(life) * time.Millisecond)
	return 1
}

// lines writes "NAME PID N" with N = 1, 2, 3 …, one line in one write, until it is
// asked to end; then "NAME PID end N". The argument is the number of
// microseconds between two lines.
func lines(args []string) int {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	gap, err := strconv.Atoi(args[0])
	if err != nil {
		return 2
	}
	hello("lines")
	tick := time.NewTicker(time.Duration(gap) * time.Microsecond)
	for n := 1; ; n++ {
		select {
		case <-c:
			fmt.Printf("line %d end %d\n", os.Getpid(), n-1)
			return 0
		case <-tick.C:
			fmt.Printf("line %d %d\n", os.Getpid(), n)
		}
	}
}

// tree starts one child of each kind that its arguments name, and stays.
//
//	KIND:ROLE[:bare]
//
// KIND is child, session (a session of its own) or orphan (its parent has
// ended, and it is in a session of its own); bare: without an environment.
func tree(args []string) int {
	for _, arg := range args {
		kind, role, _ := strings.Cut(arg, ":")
		if err := grow(kind, role); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	hello("tree")
	pause()
	return 0
}

// grow starts one child, with arguments of its own.
func grow(kind, role string, own ...string) error {
	role, bare := strings.CutSuffix(role, ":bare")
	args := append(append([]string{role}, own...), helloEnv+"="+helloPath(), mark())
	if kind == "orphan" {
		args = append([]string{"orphan"}, args...)
	}
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Args[0] = "play"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: kind != "child"}
	if bare {
		cmd.Env = []string{}
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if kind == "orphan" {
		return cmd.Wait()
	}
	return nil
}

// mark is an argument by which the test finds a process without an environment.
func mark() string { return rootEnv + "=" + told(rootEnv) }

// orphan starts its arguments in another session and ends.
func orphan(args []string) int {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Args[0] = "play"
	cmd.Env = os.Environ()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return 1
	}
	return 0
}

// bomb forks twice, into other sessions, to the depth of its argument.
func bomb(args []string) int {
	depth, err := strconv.Atoi(args[0])
	if err != nil {
		return 2
	}
	if depth > 0 {
		for range 2 {
			if err := grow("session", "bomb", strconv.Itoa(depth-1)); err != nil {
				return 1
			}
		}
	}
	hello("bomb")
	pause()
	return 0
}
