package tasklist

import (
	"slices"

	"forever/internal/who"
)

// KillOptions are a parsed command line of taskkill.
type KillOptions struct {
	common
	PIDs   []string // as they were written
	Images []string // image names, * for anything
	Force  bool     // a hard end instead of a polite one
	Tree   bool     // the descendants as well

	// OfApp is told of each process that was told to end and that belongs to an
	// app of forever. nil: nobody is told. No part of the command line.
	OfApp func(pid int, app who.App)
}

// ParseKill reads a command line of taskkill, without its name.
func ParseKill(args []string) (KillOptions, error) {
	var o KillOptions
	a := arguments{"taskkill", args}
	if err := a.each(o.set); err != nil {
		return KillOptions{}, err
	}
	return o, o.check(&a)
}

func (o *KillOptions) set(option string, a *arguments) error {
	var err error
	switch option {
	case "PID":
		o.PIDs, err = appendValue(o.PIDs, option, a)
	case "IM":
		o.Images, err = appendValue(o.Images, option, a)
	case "F":
		o.Force = true
	case "T":
		o.Tree = true
	default:
		return o.common.set(option, a)
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
