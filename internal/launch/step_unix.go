//go:build unix

package launch

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"forever/internal/wire"
)

// The descriptors that the exec step finds open, after the program's own three.
const (
	stepPlan   = 3
	stepReport = 4
)

// report is how the exec step tells its parent that it failed.
type report struct {
	What  string `json:"what,omitempty"` // empty: the program could not be executed
	Errno int    `json:"errno"`
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
	if e := json.NewEncoder(os.NewFile(stepReport, "report")).Encode(r); e != nil {
		fmt.Fprintln(os.Stderr, "forever: exec step:", what, err)
	}
	return 127
}

func becomeProgram() (what string, err error) {
	var p wire.Plan
	if err := json.NewDecoder(os.NewFile(stepPlan, "plan")).Decode(&p); err != nil {
		return "read the plan", err
	}
	for _, l := range p.Limits {
		// x/sys goes through the syscall package, which then leaves the limit
		// of open files alone at execve.
		if err := unix.Setrlimit(l.Resource, &unix.Rlimit{Cur: l.Soft, Max: l.Hard}); err != nil {
			return fmt.Sprintf("set resource limit %d to %d:%d", l.Resource, l.Soft, l.Hard), err
		}
	}
	return "", syscall.Exec(p.File, p.Argv, os.Environ())
}
