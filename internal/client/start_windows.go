package client

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/windows"

	"forever/internal/sock"
)

// detach takes the shim away from the console and its ^C.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{
		HideWindow:    true,
		CreationFlags: windows.DETACHED_PROCESS | windows.CREATE_NEW_PROCESS_GROUP,
	}
}

// openLog opens a log for appending, and for reading its end.
func openLog(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
}

// start runs the shim and waits until the socket answers: no pipe beside the
// three standard ones reaches a child here. A shim that ends well before
// that has left the root to another one.
func (s *shim) start(ctx context.Context, root string) error {
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start the background process: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		s.cmd.Wait()
		close(ended)
	}()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(firstWait)
	defer tick.Stop()
	for {
		if conn, err := sock.Dial(ctx, root); err == nil {
			return conn.Close()
		}
		select {
		case <-tick.C:
		case <-ended:
			if s.cmd.ProcessState.Success() {
				return ErrLocked
			}
			return s.died()
		case <-ctx.Done():
			return s.judge("", os.ErrDeadlineExceeded)
		}
	}
}
