package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// keptMark in the environment says that a keeper is the parent.
const keptMark = "FOREVER_BENCH_KEPT=1"

// kept runs work in a process whose parent, the keeper, is a subreaper: every
// process that any supervisor leaves behind comes to the keeper, which reaps
// it. So nothing of a run is ever lost from sight, whatever detaches itself,
// and at the end the keeper sees to it that nothing of it is left.
func kept(work func(context.Context) error) error {
	if os.Getenv("FOREVER_BENCH_KEPT") != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return work(ctx)
	}
	return keep()
}

// keep starts this program again under itself and returns when it has ended
// and every descendant is gone.
func keep() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become a subreaper: %w", err)
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	self, err := os.StartProcess("/proc/self/exe", os.Args, &os.ProcAttr{
		Env: append(os.Environ(), keptMark), Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
	})
	if err != nil {
		return fmt.Errorf("start the measurements: %w", err)
	}
	go func() {
		for sig := range signals {
			if sig == syscall.SIGTERM { // an interrupt of the terminal reaches both
				_ = self.Signal(sig) // it may be over already
			}
		}
	}()
	status, err := reapUntil(self.Pid)
	if err != nil {
		return err
	}
	if err := endAll(os.Getpid(), 0, reapAll); err != nil {
		return err
	}
	if status != 0 {
		return errors.New("the measurements did not end well")
	}
	return nil
}

// reapUntil reaps everything until pid has ended, and returns its exit code.
func reapUntil(pid int) (int, error) {
	for {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 0, fmt.Errorf("wait for the measurements: %w", err)
		case got == pid && status.Exited():
			return status.ExitStatus(), nil
		case got == pid:
			return 0, fmt.Errorf("the measurements were killed: %v", status.Signal())
		}
	}
}

// reapAll reaps whatever has ended.
func reapAll() {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if pid <= 0 && !errors.Is(err, syscall.EINTR) {
			return
		}
	}
}
