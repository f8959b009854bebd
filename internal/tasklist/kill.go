package tasklist

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"forever/internal/who"
)

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
