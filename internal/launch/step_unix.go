//go:build unix

package launch

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
	"forever/internal/wire"
)

// The descriptors that the exec step finds open, after the program's own three.
const (
	stepPlan   = 3
	stepReport = 4
	stepMore   = 5 // the first of those that are to be the program's from 3 on
)

// report is how the exec step tells its parent that it failed, or one of the
// other things that it has to tell.
type report struct {
	What  string `json:"what,omitempty"` // empty: the program could not be executed
	Errno int    `json:"errno,omitempty"`

	Binds    bool   `json:"binds,omitempty"`    // the descriptor of the binds comes along
	Unshared string `json:"unshared,omitempty"` // there is none, and why
	Warning  string `json:"warning,omitempty"`  // it goes on without this
}

// Step is the exec step. It returns only when the program could not be
// executed, after telling its parent why.
func Step() (code int) {
	unix.CloseOnExec(stepPlan)
	unix.CloseOnExec(stepReport)
	what, err := becomeProgram()
	r := report{What: what}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		r.Errno = int(errno)
	}
	if err := tell(r); err != nil {
		fmt.Fprintln(os.Stderr, "forever: exec step:", what, err)
	}
	return 127
}

// tell sends a report, with descriptors.
func tell(r report, fds ...int) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var oob []byte
	if len(fds) > 0 {
		oob = unix.UnixRights(fds...)
	}
	return unix.Sendmsg(reportFD, text, oob, nil, 0)
}

func becomeProgram() (what string, err error) {
	var p wire.Plan
	plan := os.NewFile(stepPlan, "plan")
	if err := json.NewDecoder(plan).Decode(&p); err != nil {
		return "read the plan", err
	}
	wire.Restore(&p)
	// Nobody may close the number later that is another file by then.
	defer runtime.KeepAlive(plan)
	for _, l := range p.Limits {
		// x/sys goes through the syscall package, which then leaves the limit
		// of open files alone at execve.
		if err := setLimit(l); err != nil {
			return fmt.Sprintf("set the limit %s to %s:%s", proc.ResourceName(l.Resource), proc.LimitText(l.Soft), proc.LimitText(l.Hard)), err
		}
	}
	// The filter and, on Linux, the priority are this thread's, which is the one
	// that executes.
	runtime.LockOSThread()
	if p.Nice != nil {
		if err := unix.Setpriority(unix.PRIO_PROCESS, 0, *p.Nice); err != nil {
			return fmt.Sprintf("set the priority to %d", *p.Nice), err
		}
	}
	if p.Share {
		if err := shareBinds(p.ShareFiles); err != nil {
			return "report the filter", err
		}
	}
	env := os.Environ()
	if more := p.More(); more > 0 {
		if err := moveMore(more); err != nil {
			return "put descriptors in their places", err
		}
	}
	if len(p.Sockets) > 0 {
		env = append(env, "LISTEN_PID="+strconv.Itoa(os.Getpid()))
	}
	if p.User != nil { // last, since the rest may need root
		if err := become(p.User); err != nil {
			return fmt.Sprintf("become user %d, group %d", p.User.UID, p.User.GID), err
		}
	}
	return "", syscall.Exec(p.File, p.Argv, env)
}

// reportFD is where the reports go; where the program wants that number itself,
// another one.
var reportFD = stepReport

// moveMore moves n descriptors from stepMore on to where the program is to have
// them, from 3 on. The plan has been read.
func moveMore(n int) (err error) {
	if reportFD, err = unix.FcntlInt(stepReport, unix.F_DUPFD_CLOEXEC, stepMore+n); err != nil {
		return err
	}
	for i := range n {
		if err := moveTo(stepMore+i, stepPlan+i); err != nil {
			return err
		}
	}
	unix.CloseOnExec(stepPlan + n)
	unix.CloseOnExec(stepPlan + n + 1)
	return nil
}

// become gives up who we are for good: groups first, while we may.
func become(id *wire.Identity) error {
	if err := syscall.Setgroups(id.Groups); err != nil {
		return err
	}
	if err := syscall.Setgid(id.GID); err != nil {
		return err
	}
	return syscall.Setuid(id.UID)
}

// setLimit sets one limit. Where the hard limit that we inherited is lower, and
// we may not raise it, the program gets as much as there is, and that is told.
func setLimit(l wire.Limit) error {
	err := unix.Setrlimit(l.Resource, &unix.Rlimit{Cur: l.Soft, Max: l.Hard})
	if !errors.Is(err, unix.EPERM) {
		return err
	}
	var have unix.Rlimit
	if err := unix.Getrlimit(l.Resource, &have); err != nil {
		return err
	}
	most := unix.Rlimit{Cur: min(l.Soft, have.Max), Max: min(l.Hard, have.Max)}
	if err := unix.Setrlimit(l.Resource, &most); err != nil {
		return err
	}
	return tell(report{Warning: fmt.Sprintf(
		"the limit %s is %s, not %s: the background process was started with less; forever kill, then start again from here",
		proc.ResourceName(l.Resource), proc.LimitText(have.Max), proc.LimitText(l.Hard))})
}

// shareBinds installs the filter and sends the descriptor of its reports. A
// system that refuses it is no reason not to start.
func shareBinds(files bool) error {
	binds, err := reportBinds(files)
	if err != nil {
		return tell(report{Unshared: err.Error()})
	}
	defer unix.Close(binds)
	return tell(report{Binds: true}, binds)
}
