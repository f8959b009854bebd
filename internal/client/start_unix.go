//go:build unix

package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"forever/internal/proc"
)

// detach puts the shim into a session of its own, away from the terminal, and
// out of every folder that somebody may want to unmount.
func detach(cmd *exec.Cmd) {
	keepToOurselves()
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}

// openLog opens a log for appending, and for reading its end. It follows no
// symbolic link and does not wait at a named pipe.
func openLog(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("%s is a symbolic link; move it away", path)
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file; move it away", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// start runs the shim and waits for its line on descriptor 3: "ok", "locked"
// or "error: …". Without one it has died.
func (s *shim) start(ctx context.Context, _ string) error {
	in, out, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start the background process: %w", err)
	}
	defer in.Close()
	s.cmd.ExtraFiles = []*os.File{out}
	err = proc.Unblocked(s.cmd.Start)
	out.Close()
	if err != nil {
		return fmt.Errorf("start the background process: %w", err)
	}
	line, err := listen(ctx, in)
	if ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) || line == "ok\n" {
		// It lives on. It is ours to reap for as long as we live, if it ends first.
		go s.cmd.Wait()
	} else {
		s.cmd.Wait() // how it ended is in ProcessState
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return s.judge(line, err)
}

// listen reads the one line of a shim, within startTimeout and ctx.
func listen(ctx context.Context, in *os.File) (string, error) {
	if err := in.SetReadDeadline(time.Now().Add(startTimeout)); err != nil {
		return "", err
	}
	release := context.AfterFunc(ctx, func() { in.SetReadDeadline(time.Unix(1, 0)) })
	defer release()
	line, err := bufio.NewReader(io.LimitReader(in, lastWordsBytes)).ReadString('\n')
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	return line, err
}
