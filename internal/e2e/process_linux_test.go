package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"forever/pidfile"
)

// run is a command that `bg` started.
type run struct {
	cmd  *exec.Cmd
	done chan error
}

// meet remembers a process, so that its number alone never stands for it.
func (s *script) meet(pid string) error {
	n, err := strconv.Atoi(pid)
	if err != nil || n <= 0 {
		return fmt.Errorf("%q is no PID", pid)
	}
	p, err := pidfile.Identify(n)
	if err != nil {
		return fmt.Errorf("identify process %s: %w", pid, err)
	}
	s.known[pid] = p
	return nil
}

// process is one that the script has met.
func (s *script) process(pid string) (pidfile.Process, error) {
	p, ok := s.known[pid]
	if !ok {
		return p, fmt.Errorf("process %s was never met: use pid, pair or seen first", pid)
	}
	return p, nil
}

func pid(ts *testscript.TestScript, args []string) error {
	s := of(ts)
	name, index, _ := strings.Cut(args[1], ":")
	if index == "" {
		index = "0"
	}
	// A program that has printed something need not be known by its PID yet.
	return s.await(func(ctx context.Context) error {
		app, err := s.app(ctx, name)
		if err != nil {
			return err
		}
		got, ok := lookup(app, ".instances["+index+"].pid")
		if !ok {
			return fmt.Errorf("no instance %s in %s", args[1], text(app))
		}
		ts.Setenv(args[0], text(got))
		return s.meet(text(got))
	})
}

func pair(ts *testscript.TestScript, _ []string) error {
	s := of(ts)
	p, err := s.api.Ping(context.Background())
	if err != nil {
		return err
	}
	ts.Setenv("SUPERVISOR", strconv.Itoa(p.SupervisorPID))
	ts.Setenv("SHIM", strconv.Itoa(p.ShimPID))
	return seen(ts, []string{strconv.Itoa(p.SupervisorPID), strconv.Itoa(p.ShimPID)})
}

func seen(ts *testscript.TestScript, args []string) error {
	for _, pid := range args {
		if err := of(ts).meet(pid); err != nil {
			return err
		}
	}
	return nil
}

func alive(ts *testscript.TestScript, neg bool, args []string) {
	for _, pid := range args {
		p, err := of(ts).process(pid)
		ts.Check(err)
		if p.Alive() == neg {
			ts.Fatalf("process %s: %v", pid, p.Check())
		}
	}
}

func waitGone(ts *testscript.TestScript, args []string) error {
	for _, pid := range args {
		p, err := of(ts).process(pid)
		if err != nil {
			return err
		}
		fd, err := open(p)
		if err != nil {
			continue // gone
		}
		over := ended(fd, patience)
		unix.Close(fd)
		if !over {
			return fmt.Errorf("process %s does not end", pid)
		}
	}
	return nil
}

// open is a pidfd of a process that is still the one that was met.
func open(p pidfile.Process) (int, error) {
	fd, err := unix.PidfdOpen(p.PID, 0)
	if err != nil {
		return -1, err
	}
	if err := p.Check(); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func sendsig(ts *testscript.TestScript, args []string) error {
	s := of(ts)
	number := unix.SignalNum(args[0])
	if number == 0 {
		return fmt.Errorf("there is no signal %s", args[0])
	}
	if r, ok := s.runs[args[1]]; ok {
		return r.cmd.Process.Signal(number)
	}
	if screen, ok := s.screens[args[1]]; ok {
		return screen.cmd.Process.Signal(number)
	}
	p, err := s.process(args[1])
	if err != nil {
		return err
	}
	fd, err := open(p)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.PidfdSendSignal(fd, number, nil, 0)
}

func background(ts *testscript.TestScript, args []string) error {
	s := of(ts)
	path, err := find(ts, args[1])
	if err != nil {
		return err
	}
	cmd := exec.Command(path, args[2:]...)
	cmd.Args[0] = args[1]
	cmd.Dir, cmd.Env = ts.MkAbs("."), environment(ts)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := os.Create(ts.MkAbs(args[0] + ".out"))
	if err != nil {
		return err
	}
	defer out.Close()
	errs, err := os.Create(ts.MkAbs(args[0] + ".err"))
	if err != nil {
		return err
	}
	defer errs.Close()
	cmd.Stdout, cmd.Stderr = out, errs
	if err := cmd.Start(); err != nil {
		return err
	}
	r := &run{cmd, make(chan error, 1)}
	go func() { r.done <- cmd.Wait() }()
	s.runs[args[0]] = r
	return nil
}

// find looks a program up as the script's own PATH has it.
func find(ts *testscript.TestScript, name string) (string, error) {
	if strings.ContainsRune(name, '/') {
		return ts.MkAbs(name), nil
	}
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not on PATH", name)
}

func end(ts *testscript.TestScript, args []string) error {
	s := of(ts)
	r, ok := s.runs[args[0]]
	if !ok {
		return fmt.Errorf("there is no command %q", args[0])
	}
	delete(s.runs, args[0])
	var want int
	if _, err := fmt.Sscan(args[1], &want); err != nil {
		return err
	}
	var err error
	select {
	case err = <-r.done:
	case <-time.After(patience):
		_ = r.cmd.Process.Kill()
		err = fmt.Errorf("%q does not end", args[0])
		<-r.done
	}
	if err = exitedWith(err, want); err != nil {
		ts.Logf("[%s.out]\n%s[%s.err]\n%s", args[0], ts.ReadFile(args[0]+".out"), args[0], ts.ReadFile(args[0]+".err"))
	}
	return err
}

// endRuns ends what a script left running beside it.
func (s *script) endRuns() {
	for _, r := range s.runs {
		_ = r.cmd.Process.Kill()
		<-r.done
	}
}
