//go:build unix

package launch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"forever/internal/limits"
	"forever/internal/wire"
)

// Files are the descriptors that become 0, 1 and 2 of the program, and what it has
// from 3 on.
type Files []uintptr

// Started is a program that has been executed.
type Started struct {
	PID      int
	Binds    int    // the descriptor of its reported binds (wire.Plan.Share); 0: none
	Unshared string // why there is none
	Warning  string // what else it has not got
}

// Start executes the program of p in a session of its own and returns when
// execve(2) has succeeded. The umask is this process's for a moment, so calls
// must not run side by side.
func Start(p *wire.Plan, files Files, own []limits.Limit) (s Started, err error) {
	attr := &syscall.ProcAttr{
		Dir:   p.Dir,
		Env:   p.Env,
		Files: files,
		Sys:   &syscall.SysProcAttr{Setsid: true},
	}
	if p.Umask >= 0 {
		defer syscall.Umask(syscall.Umask(p.Umask))
	}
	leave := enterCgroup(attr.Sys, p.Cgroup)
	s, err = fork(p, attr, own)
	if used := leave(); used && err != nil {
		// Perhaps it was the cgroup; the program matters more.
		s, err = fork(p, attr, own)
	}
	return s, err
}

func fork(p *wire.Plan, attr *syscall.ProcAttr, own []limits.Limit) (s Started, err error) {
	if p.Share || len(p.Sockets) > 0 || p.User != nil || p.Nice != nil || len(differing(p.Limits, own)) > 0 {
		return startThroughStep(p, attr, own)
	}
	s.PID, err = syscall.ForkExec(p.File, p.Argv, attr)
	return s, err
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

// startThroughStep starts this binary's exec step, which sets limits and the
// filter on itself and then becomes the program. It costs a second execve(2),
// which is why only a program that needs it goes this way.
func startThroughStep(p *wire.Plan, attr *syscall.ProcAttr, own []limits.Limit) (s Started, err error) {
	plan, err := planFile(&wire.Plan{
		File: p.File, Argv: p.Argv, Limits: differing(p.Limits, own), User: p.User, Nice: p.Nice, Share: p.Share,
		ShareFiles: p.ShareFiles, Sockets: p.Sockets, Channel: p.Channel,
	})
	if err != nil {
		return s, err
	}
	defer plan.Close()
	ours, theirs, err := reportPair()
	if err != nil {
		return s, err
	}
	defer ours.Close()
	step := *attr
	step.Files = append(slices.Clone(attr.Files[:3]), plan.Fd(), theirs.Fd())
	step.Files = append(step.Files, attr.Files[3:]...)
	s.PID, err = syscall.ForkExec(SelfExe, []string{"forever", StepName}, &step)
	theirs.Close()
	if err != nil {
		return s, fmt.Errorf("start the exec step: %w", err)
	}
	return s, s.result(ours)
}

// reportPair makes the socketpair through which the exec step reports.
func reportPair() (ours, theirs *os.File, err error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make the exec step's report: %w", err)
	}
	syscall.CloseOnExec(fds[0])
	syscall.CloseOnExec(fds[1])
	return os.NewFile(uintptr(fds[0]), "report"), os.NewFile(uintptr(fds[1]), "report"), nil
}

// result reads the reports: what could not be had, the descriptor of the binds,
// and, unless the program has been executed (execve closes the socket), why not.
func (s *Started) result(from *os.File) error {
	reports, rights, err := readReports(int(from.Fd()))
	var failed *report
	for i := range reports {
		switch r := &reports[i]; {
		case r.Warning != "":
			s.Warning = r.Warning
		case r.Unshared != "":
			s.Unshared = r.Unshared
		case !r.Binds:
			failed = r
		}
	}
	if failed == nil && err == nil {
		if len(rights) > 0 {
			s.Binds = rights[0]
		}
		return nil
	}
	for _, fd := range rights {
		syscall.Close(fd)
	}
	var ws syscall.WaitStatus
	if _, e := syscall.Wait4(s.PID, &ws, 0, nil); e != nil {
		return fmt.Errorf("wait for the exec step: %w", e)
	}
	switch {
	case err != nil:
		return fmt.Errorf("read the exec step's report: %w", err)
	case failed.What == "":
		return syscall.Errno(failed.Errno)
	}
	return fmt.Errorf("%s: %w", failed.What, syscall.Errno(failed.Errno))
}

// readReports reads until the step's end is closed.
func readReports(fd int) (reports []report, rights []int, err error) {
	var text []byte
	for {
		var buf [4096]byte
		var oob [64]byte
		n, oobn, _, _, err := unix.Recvmsg(fd, buf[:], oob[:], 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n == 0 {
			break
		}
		text = append(text, buf[:n]...)
		rights = append(rights, parseRights(oob[:oobn])...)
	}
	for d := json.NewDecoder(bytes.NewReader(text)); d.More(); {
		var r report
		if err := d.Decode(&r); err != nil {
			return reports, rights, err
		}
		reports = append(reports, r)
	}
	return reports, rights, nil
}

func parseRights(oob []byte) (fds []int) {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	for i := range msgs {
		if got, err := unix.ParseUnixRights(&msgs[i]); err == nil {
			fds = append(fds, got...)
		}
	}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
	}
	return fds
}

// planFile returns a file without a name that holds the plan.
func planFile(p *wire.Plan) (*os.File, error) {
	data, err := wire.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode the exec step's plan: %w", err)
	}
	return Memory(data)
}
