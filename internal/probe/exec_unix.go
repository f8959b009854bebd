//go:build unix

package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"forever/internal/proc"
	"forever/pidfile"
)

// canRun: a command can be ended with all it has started.
const canRun = true

// run runs a command line in a session of its own and returns nil when it ends
// with 0. Whatever it has started in its group ends with it, or with ctx.
func run(ctx context.Context, command string, s Subject) error {
	out, err := newOutput()
	if err != nil {
		return fmt.Errorf("run the check: %w", err)
	}
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Env = append([]string{}, s.Env...) // not nil, which would mean our own
	cmd.Dir = s.Dir
	cmd.Stdout, cmd.Stderr = out.w, out.w
	cmd.SysProcAttr = ownSession()
	cmd.SysProcAttr.Credential = s.User.credential()
	if err := cmd.Start(); err != nil {
		out.close()
		return fmt.Errorf("run the check: %w", err)
	}
	waited := awaitEnd(ctx, cmd.Process.Pid)
	// Its number and that of its group are its own until it is reaped below.
	killed := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	ended := cmd.Wait()
	last := out.close()
	switch {
	case waited != nil:
		return verdict(waited, last)
	case killed != nil && !errors.Is(killed, syscall.ESRCH) && !errors.Is(killed, syscall.EPERM):
		return verdict(fmt.Errorf("end what the check left behind: %w", killed), last)
	case ended != nil:
		return verdict(outcome(cmd.ProcessState), last)
	}
	return nil
}

// awaitEnd waits for the end of a child without reaping it.
func awaitEnd(ctx context.Context, pid int) error {
	p, err := pidfile.Identify(pid)
	if err != nil {
		return fmt.Errorf("watch the check: %w", err)
	}
	h, err := proc.Open(p.PID, p.Start)
	if err != nil {
		return fmt.Errorf("watch the check: %w", err)
	}
	defer h.Close()
	if err := h.Wait(ctx); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return fmt.Errorf("the check has not ended: %w", err)
	}
	return nil
}

// outcome says how a command ended that did not end with 0.
func outcome(state *os.ProcessState) error {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return fmt.Errorf("the check was killed by %s", proc.SignalName(ws.Signal()))
	}
	return fmt.Errorf("the check ended with exit code %d", state.ExitCode())
}

// verdict adds the last thing that a command said.
func verdict(err error, last string) error {
	if last == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, last)
}

// credential is the user as execve's caller becomes it; nil: nobody else.
func (u *User) credential() *syscall.Credential {
	if u == nil {
		return nil
	}
	c := &syscall.Credential{Uid: uint32(u.UID), Gid: uint32(u.GID), Groups: []uint32{}}
	for _, g := range u.Groups {
		c.Groups = append(c.Groups, uint32(g))
	}
	return c
}
