package tidy

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"forever/internal/proc"
	"forever/pidfile"
)

// playEnv makes this binary a run of tests that leaves a process behind.
const playEnv = "TIDY_PLAY"

func TestMain(m *testing.M) {
	if os.Getenv(playEnv) == "stay" {
		stay()
		return
	}
	os.Exit(Main(func() int {
		if os.Getenv(playEnv) == "leave" {
			return leave()
		}
		return m.Run()
	}))
}

// stay waits for a signal that nobody sends.
func stay() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	<-c
}

// leave starts a process in a session of its own, prints its PID, and returns
// when its stdin ends.
func leave() int {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), playEnv+"=stay")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return 1
	}
	fmt.Println(cmd.Process.Pid)
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// hold opens a process by the line with its PID.
func hold(t *testing.T, line string) *proc.Handle {
	t.Helper()
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	id, err := pidfile.Identify(pid)
	if err != nil {
		t.Fatal(err)
	}
	h, err := proc.Open(pid, id.Start)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func TestNothingIsLeftBehind(t *testing.T) {
	for name, stop := range map[string]func(*exec.Cmd, io.Closer) error{
		"killed":   func(c *exec.Cmd, _ io.Closer) error { return c.Process.Kill() },
		"returned": func(_ *exec.Cmd, in io.Closer) error { return in.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("/proc/self/exe")
			cmd.Env = append(os.Environ(), playEnv+"=leave")
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Wait()
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			left := hold(t, line)
			if err := stop(cmd, in); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := left.Wait(ctx); err != nil {
				t.Errorf("what it left lives on: %v", err)
			}
		})
	}
}
