package cli

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"forever/internal/client"
	"forever/internal/config"
	"forever/internal/render"
	"forever/internal/wire"
)

// plan is what start does to bring the apps of config files in line with them.
type plan struct {
	start, restart []wire.Spec
	same           []string
	strange        []wire.App // they run under such a name, and are not of these files
	gone           []string   // they run, and are no longer in these files
}

// planned tells whether the words are config files that can be compared with
// what runs. --force asks for no comparison.
func (c *call) planned(in *input) bool {
	return !in.settings.Forced() && !slices.ContainsFunc(c.args, func(word string) bool {
		return word == "-" || !config.IsConfigFile(word)
	})
}

// plan compares apps with what runs.
func (c *call) plan(in *input, apps []app) (plan, error) {
	var p plan
	if !c.opts.Bool("dry-run") { // who only looks starts nothing
		if err := c.service.Wake(c.ctx); err != nil {
			return p, err
		}
	}
	have, _, err := c.service.Apps(c.ctx, client.Query{Spec: true, Env: true})
	if err != nil {
		return p, err
	}
	for i := range apps {
		a := &apps[i]
		at := slices.IndexFunc(have, func(h wire.App) bool { return h.Name == a.spec.Name })
		switch {
		case at < 0 || rested(&have[at]):
			p.start = append(p.start, a.spec)
		case have[at].ConfigFile != a.spec.ConfigFile && !a.settings.Forced():
			p.strange = append(p.strange, have[at])
		case have[at].Spec == nil || a.settings.Forced() || differs(have[at].Spec, &a.spec):
			p.restart = append(p.restart, a.spec)
		default:
			p.same = append(p.same, a.spec.Name)
		}
	}
	if len(in.only) == 0 {
		p.gone = c.gone(in, apps, have)
	}
	return p, nil
}

// gone are the apps that one of the files has started, and that are in it no more.
func (c *call) gone(in *input, apps []app, have []wire.App) []string {
	var names []string
	for i := range have {
		file, name := have[i].ConfigFile, have[i].Name
		ofFile := file != "" && slices.ContainsFunc(c.args, func(word string) bool {
			path, err := filepath.Abs(word)
			return err == nil && path == file
		})
		declared := slices.Contains(in.later, name) || slices.ContainsFunc(apps, func(a app) bool { return a.spec.Name == name })
		if ofFile && !declared && !rested(&have[i]) {
			names = append(names, name)
		}
	}
	return names
}

// rested reports that an app neither runs nor is about to.
func rested(a *wire.App) bool {
	if a.Desired != wire.DesiredRunning {
		return true
	}
	return slices.IndexFunc(a.Instances, func(in wire.Instance) bool {
		return in.Status != wire.Stopped && in.Status != wire.Exited && in.Status != wire.Failed
	}) < 0
}

// differs compares an app that runs with what is said of it now. Of what an app
// takes over from the caller (environment, limits, umask) only that counts which
// was or is its own: another shell is no reason for a restart.
func differs(runs, says *wire.Spec) bool {
	old, now := *runs, *says
	if now.UID == "" {
		old.UID = ""
	}
	if old.Own == nil { // it was started by a version that did not note it
		old.Own = now.Own
	}
	if !now.Own.Umask {
		old.Umask, now.Umask = 0, 0
	}
	for _, resource := range now.Own.Limits {
		if limitOf(old.Limits, resource) != limitOf(now.Limits, resource) {
			return true
		}
	}
	for _, name := range now.Own.Env {
		if valueOf(old.Env, name) != valueOf(now.Env, name) {
			return true
		}
	}
	old.Env, now.Env, old.Limits, now.Limits = nil, nil, nil, nil
	return !reflect.DeepEqual(plainSpec(old), plainSpec(now))
}

// plainSpec is a spec as it looks after it crossed the socket: an empty list is
// none.
func plainSpec(s wire.Spec) wire.Spec {
	if len(s.Args) == 0 {
		s.Args = nil
	}
	if len(s.InterpreterArgs) == 0 {
		s.InterpreterArgs = nil
	}
	if len(s.Policy.SuccessCodes) == 0 {
		s.Policy.SuccessCodes = nil
	}
	return s
}

func limitOf(limits []wire.Limit, resource int) wire.Limit {
	for _, l := range limits {
		if l.Resource == resource {
			return l
		}
	}
	return wire.Limit{}
}

func valueOf(env []string, name string) string {
	for _, v := range env {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// follow prints the plan and, unless it is only to be shown, carries it out.
func (c *call) follow(in *input, p plan) error {
	c.showPlan(p)
	if c.opts.Bool("dry-run") {
		return nil
	}
	for _, a := range p.strange {
		c.complain(wire.Event{Err: &wire.Error{
			Message: fmt.Sprintf("app %q runs already (id %d), and is not of this file", a.Name, a.ID),
			Hint:    "give one of them another name, or replace it with --force",
		}})
	}
	o := &outcome{s: c.session, doing: "starting", total: len(p.start) + len(p.restart), failed: len(p.strange) > 0}
	if o.total == 0 {
		return o.end(nil)
	}
	// What is in the plan has been compared: an app that runs is there to be replaced.
	r := wire.StartRequest{Specs: slices.Concat(p.start, p.restart), Force: len(p.restart) > 0, WaitMS: in.settings.WaitMS()}
	return o.end(c.service.Start(c.ctx, r, nil, o.event))
}

// showPlan prints what is to be done where something runs already, or where
// nothing else will be.
func (c *call) showPlan(p plan) {
	dry := c.opts.Bool("dry-run")
	if !dry && len(p.restart)+len(p.same)+len(p.gone) == 0 {
		return // everything is new: the results say as much
	}
	for _, s := range p.start {
		c.say("plan: start %s", render.Word(s.Name))
	}
	for _, s := range p.restart {
		c.say("plan: restart %s, it has changed", render.Word(s.Name))
	}
	for _, name := range p.same {
		c.say("plan: leave %s as it is, nothing has changed", render.Word(name))
	}
	for _, name := range p.gone {
		c.say("plan: leave %s as it is, which is no longer in the file: forever delete %s", render.Word(name), render.Word(name))
	}
	for _, a := range p.strange {
		if dry {
			c.say("plan: none for %s, which runs already (id %d) and is not of this file", render.Word(a.Name), a.ID)
		}
	}
}
