//go:build !linux

package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// settleGrace is how long a program must have lived where the kernel does not
// tell what its threads do.
const settleGrace = 50 * time.Millisecond

// WaitSettled waits until a program that was just started has come to rest.
// Only Linux tells; here it has lived through its first 50 ms. The error wraps
// os.ErrProcessDone when it has ended or the PID belongs to another, and it is
// ctx's error when patience ends first.
func WaitSettled(ctx context.Context, pid int, start uint64) error {
	h, err := Open(pid, start)
	if err != nil {
		return fmt.Errorf("see process %d settle: %w", pid, err)
	}
	defer h.Close()
	grace, cancel := context.WithTimeout(ctx, settleGrace)
	defer cancel()
	switch err := h.Wait(grace); {
	case err == nil:
		return fmt.Errorf("see process %d settle: %w", pid, os.ErrProcessDone)
	case ctx.Err() != nil:
		return fmt.Errorf("see process %d settle: %w", pid, ctx.Err())
	case errors.Is(err, context.DeadlineExceeded):
		return nil
	default:
		return err
	}
}
