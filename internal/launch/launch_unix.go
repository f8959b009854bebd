//go:build unix

package launch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"

	"forever/internal/limits"
	"forever/internal/wire"
)

// Files are the descriptors that become 0, 1 and 2 of the program.
type Files [3]uintptr

// Start executes the program of p in a session of its own and returns its PID
// once execve(2) has succeeded. The umask is this process's for a moment, so
// calls must not run side by side.
func Start(p *wire.Plan, files Files, own []limits.Limit) (pid int, err error) {
	attr := &syscall.ProcAttr{
		Dir:   p.Dir,
		Env:   p.Env,
		Files: files[:],
		Sys:   &syscall.SysProcAttr{Setsid: true},
	}
	if p.Umask >= 0 {
		defer syscall.Umask(syscall.Umask(p.Umask))
	}
	leave := enterCgroup(attr.Sys, p.Cgroup)
	pid, err = fork(p, attr, own)
	if used := leave(); used && err != nil {
		// Perhaps it was the cgroup; the program matters more.
		pid, err = fork(p, attr, own)
	}
	return pid, err
}

func fork(p *wire.Plan, attr *syscall.ProcAttr, own []limits.Limit) (int, error) {
	if len(differing(p.Limits, own)) > 0 {
		return startThroughStep(p, attr, own)
	}
	return syscall.ForkExec(p.File, p.Argv, attr)
}

// differing returns the wanted limits that a child would not simply inherit.
func differing(want []wire.Limit, own []limits.Limit) (diff []wire.Limit) {
	for _, w := range want {
		same := false
		for _, o := range own {
			same = same || w == wire.Limit(o)
		}
		if !same {
			diff = append(diff, w)
		}
	}
	return diff
}

// startThroughStep starts this binary's exec step, which sets the limits on
// itself and then becomes the program. It costs a second execve(2), which is
// why only a program whose limits differ from ours goes this way.
func startThroughStep(p *wire.Plan, attr *syscall.ProcAttr, own []limits.Limit) (int, error) {
	plan, err := planFile(&wire.Plan{File: p.File, Argv: p.Argv, Limits: differing(p.Limits, own)})
	if err != nil {
		return 0, err
	}
	defer plan.Close()
	status, report, err := os.Pipe()
	if err != nil {
		return 0, fmt.Errorf("make the exec step's report: %w", err)
	}
	defer status.Close()
	step := *attr
	step.Files = append(slices.Clone(attr.Files), plan.Fd(), report.Fd())
	pid, err := syscall.ForkExec(SelfExe, []string{"forever", StepName}, &step)
	report.Close()
	if err != nil {
		return 0, fmt.Errorf("start the exec step: %w", err)
	}
	return pid, stepResult(status, pid)
}

// stepResult reads the report: nothing when the program has been executed
// (execve closed the pipe), else why not.
func stepResult(status io.Reader, pid int) error {
	var r report
	err := json.NewDecoder(status).Decode(&r)
	if errors.Is(err, io.EOF) {
		return nil
	}
	var ws syscall.WaitStatus
	if _, e := syscall.Wait4(pid, &ws, 0, nil); e != nil {
		return fmt.Errorf("wait for the exec step: %w", e)
	}
	if err != nil {
		return fmt.Errorf("read the exec step's report: %w", err)
	}
	if r.What == "" {
		return syscall.Errno(r.Errno)
	}
	return fmt.Errorf("%s: %w", r.What, syscall.Errno(r.Errno))
}

// planFile returns a file without a name that holds the plan.
func planFile(p *wire.Plan) (*os.File, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode the exec step's plan: %w", err)
	}
	return Memory(data)
}
