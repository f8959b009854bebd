package tasklist

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"forever/internal/proc"
	"forever/internal/who"
)

// KillOptions are a parsed command line of taskkill.
type KillOptions struct {
	PIDs    []string // as they were written
	Images  []string // image names, * for anything
	Force   bool     // a hard end instead of a polite one
	Tree    bool     // the descendants as well
	Help    bool
	filters filters
}

// ParseKill reads a command line of taskkill, without its name.
func ParseKill(args []string) (KillOptions, error) {
	var o KillOptions
	a := arguments{"taskkill", args}
	for len(a.rest) > 0 {
		option, err := a.next()
		if err == nil {
			err = o.set(option, &a)
		}
		if err != nil {
			return KillOptions{}, err
		}
	}
	return o, o.check(&a)
}

func (o *KillOptions) set(option string, a *arguments) error {
	var err error
	switch option {
	case "FI":
		return o.filters.add(a)
	case "PID":
		o.PIDs, err = appendValue(o.PIDs, option, a)
	case "IM":
		o.Images, err = appendValue(o.Images, option, a)
	case "F":
		o.Force = true
	case "T":
		o.Tree = true
	case "?", "H", "-HELP":
		o.Help = true
	case "S", "U", "P":
		return a.remote(option)
	default:
		return a.invalid("/" + strings.ToLower(option))
	}
	return err
}

func appendValue(list []string, option string, a *arguments) ([]string, error) {
	value, err := a.value(option)
	return append(list, value), err
}

func (o *KillOptions) check(a *arguments) error {
	switch {
	case o.Help:
	case len(o.PIDs) > 0 && len(o.Images) > 0:
		return a.errorf("Invalid syntax. /PID and /IM cannot be specified together.")
	case len(o.PIDs) == 0 && len(o.Images) == 0 && len(o.filters) == 0:
		return a.errorf("Invalid syntax. Neither /FI nor /PID nor /IM were specified.")
	case slices.Contains(o.Images, "*") && len(o.filters) == 0:
		return a.errorf("Invalid syntax. The wildcard * for /IM is accepted only when a filter is applied.")
	}
	return nil
}

// Kill ends the tasks that were named and pass the filters, and says so for
// each. It returns the exit code: 128 when one was not found, else 1 when one
// could not be ended.
func Kill(ctx context.Context, o KillOptions, stdout, stderr io.Writer) int {
	if o.Help {
		fmt.Fprint(stdout, killHelp)
		return exitDone
	}
	all, err := look()
	if err != nil {
		fmt.Fprintf(stderr, "ERROR: %v\n", err)
		return exitFailed
	}
	k := killer{KillOptions: o, all: all, out: stdout, err: stderr}
	targets := k.targets()
	if len(targets) == 0 && k.code == exitDone {
		fmt.Fprintln(stdout, "INFO: No tasks running with the specified criteria.")
	}
	k.end(ctx, k.withFamilies(targets))
	return k.code
}

// killer is a call of Kill under way.
type killer struct {
	KillOptions
	all      *tasks
	out, err io.Writer
	code     int
}

// fail remembers the exit code; that nothing was found outweighs other failures.
func (k *killer) fail(code int) { k.code = max(k.code, code) }

// targets finds the tasks that are meant, each once; this process is none.
func (k *killer) targets() []*task {
	if len(k.PIDs)+len(k.Images) == 0 {
		return k.pick(func(*task) bool { return true })
	}
	var targets []*task
	add := func(name string, meant func(*task) bool) {
		found := slices.ContainsFunc(k.all.list, func(t *task) bool { return meant(t) && !t.self() })
		if !found {
			fmt.Fprintf(k.err, "ERROR: The process \"%s\" not found.\n", who.Printable(name))
			k.fail(exitNotFound)
		}
		for _, t := range k.pick(meant) {
			if !slices.Contains(targets, t) {
				targets = append(targets, t)
			}
		}
	}
	for _, s := range k.PIDs {
		pid, err := strconv.Atoi(s)
		add(s, func(t *task) bool { return err == nil && t.PID == pid })
	}
	for _, image := range k.Images {
		add(image, text(imageNames, "eq", withoutExe(strings.ToLower(image))))
	}
	return targets
}

func (k *killer) pick(meant func(*task) bool) []*task {
	var list []*task
	for _, t := range k.all.list {
		if meant(t) && !t.self() && k.filters.pass(t) {
			list = append(list, t)
		}
	}
	return list
}

// withFamilies adds the descendants, before their parents.
func (k *killer) withFamilies(targets []*task) []*task {
	if !k.Tree {
		return targets
	}
	var list []*task
	for _, target := range targets {
		family := k.all.table.Below(target.Entry)
		slices.Reverse(family)
		for _, e := range family {
			i := slices.IndexFunc(k.all.list, func(t *task) bool { return t.PID == e.PID })
			if i < 0 || k.all.list[i].self() || slices.Contains(list, k.all.list[i]) {
				continue
			}
			list = append(list, k.all.list[i])
		}
	}
	return list
}

// end ends the tasks, parents before children, so that no parent starts a child
// anew, and then tells how it went in the order of the list.
func (k *killer) end(ctx context.Context, list []*task) {
	errs := make([]error, len(list))
	for i, t := range slices.Backward(list) {
		errs[i] = k.signal(t)
	}
	for i, t := range list {
		err := errs[i]
		if err == nil && k.Force {
			err = gone(ctx, t)
		}
		if k.Tree && errors.Is(err, os.ErrProcessDone) {
			err = nil // it ended with its family
		}
		k.tell(t, err)
	}
}

func (k *killer) tell(t *task, err error) {
	switch {
	case err != nil:
		fmt.Fprintf(k.err, "ERROR: The process %s could not be terminated.\nReason: %s\n", k.describe(t), reason(err))
		k.fail(exitFailed)
	case k.Force:
		fmt.Fprintf(k.out, "SUCCESS: The process %s has been terminated.\n", k.describe(t))
	default:
		fmt.Fprintf(k.out, "SUCCESS: Sent termination signal to the process %s.\n", k.describe(t))
	}
}

// errCritical spares the process with which everything would end.
var errCritical = errors.New("this is a critical system process")

// signal reaches the very process that was seen, never another one that has its
// number by now.
func (k *killer) signal(t *task) error {
	if t.PID == 1 {
		return errCritical
	}
	if !k.Force {
		return askToEnd(t.Entry)
	}
	return send(t.Entry, syscall.SIGKILL)
}

func send(e proc.Entry, sig syscall.Signal) error {
	h, err := proc.Open(e.PID, e.Start)
	if err != nil {
		return err
	}
	defer h.Close()
	return h.Signal(sig)
}

// errStill: the task was told to end and has not, so far.
var errStill = errors.New("it is still there")

// gone waits a moment for the end of a task that was ended by force.
func gone(ctx context.Context, t *task) error {
	within, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	err := proc.WaitGone(within, []proc.Entry{t.Entry})
	if errors.Is(err, context.DeadlineExceeded) {
		return errStill
	}
	return err
}

// describe names a task as taskkill does.
func (k *killer) describe(t *task) string {
	s := "with PID " + strconv.Itoa(t.PID)
	if len(k.Images) > 0 {
		s = fmt.Sprintf("\"%s\" with PID %d", who.Printable(t.image()), t.PID)
	}
	if k.Tree {
		s += fmt.Sprintf(" (child process of PID %d)", t.PPID)
	}
	return s
}

// reason is why a process was not ended, in Windows' words where it has some.
func reason(err error) string {
	switch {
	case errors.Is(err, os.ErrProcessDone):
		return "There is no running instance of the task."
	case errors.Is(err, fs.ErrPermission):
		return "Access is denied."
	case errors.Is(err, errCritical):
		return "This is critical system process. Taskkill cannot end this process."
	case errors.Is(err, errStill):
		return "It has been told to end, and has not so far."
	case errors.Is(err, errOnlyHard):
		return "This process can only be terminated forcefully (with /F option)."
	}
	return err.Error()
}

// errOnlyHard: the process cannot be asked to end.
var errOnlyHard = errors.New("nothing of it takes a polite request")
