package supervisor

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"forever/internal/clock"
	"forever/internal/layout"
	"forever/internal/wire"
)

// app is what a user started, with its instances. The loop owns it.
type app struct {
	s         *Supervisor
	id        int
	uid       string
	spec      wire.Spec
	raw       json.RawMessage // spec as the state file has it
	desired   string
	created   time.Time
	request   string      // of the last call that changed what it should do
	deleting  bool        // forgotten as soon as it rests
	farewell  clock.Timer // of forever run, at rest: until then its client may fetch how it ended
	instances []*instance
	groups    []*group    // what the instances share
	files     bool        // the path of a unix socket has been among it
	lost      string      // why they do not share any more what they did
	others    []*instance // successors on trial, and former ones that go
	reloading *reload     // under way
	cron      *cron       // its times; nil: none
	watch     *watched    // its files; nil: none
	turn      *waiting    // the start that waits for those it comes after; nil: none does
	gone      bool        // it is not in the list any more
}

func (s *Supervisor) newApp(id int, spec wire.Spec) *app {
	a := &app{s: s, id: id, uid: spec.UID, desired: wire.DesiredRunning, created: s.clock.Now()}
	if a.uid == "" {
		a.uid = s.newUID()
	}
	a.setSpec(spec)
	for i := range max(spec.Instances, 1) {
		a.addInstance(i)
	}
	return a
}

// setSpec replaces what the app is. Processes that run are not touched.
func (a *app) setSpec(spec wire.Spec) {
	spec.UID = a.uid
	a.spec = spec
	// A Spec holds strings, numbers and lists of them: it cannot fail to encode.
	a.raw, _ = wire.Marshal(&spec)
	for _, in := range a.all() {
		in.planned = false
		in.standDown()
	}
}

func (a *app) addInstance(index int) *instance {
	in := &instance{app: a, index: index, state: Stopped}
	in.setLife(false)
	a.instances = append(a.instances, in)
	return in
}

// label names an instance for people: "web", or "web:2" where there are more.
func (in *instance) label() string {
	if in.app.spec.Instances <= 1 {
		return in.app.spec.Name
	}
	return fmt.Sprintf("%s:%d", in.app.spec.Name, in.index)
}

// all are the instances, and those on their way in or out.
func (a *app) all() []*instance { return append(slices.Clone(a.instances), a.others...) }

// resting: nothing of it runs or is to run.
func (a *app) resting() bool {
	for _, in := range a.all() {
		if !in.state.resting() || in.due {
			return false
		}
	}
	return true
}

// toRest: it rests, or will as soon as what is being stopped has ended.
func (a *app) toRest() bool {
	for _, in := range a.instances {
		ends := in.state == Stopping && in.after == afterStop
		if !in.state.resting() && !ends || in.due {
			return false
		}
	}
	return true
}

// status is that of the worst instance.
func (a *app) status() string {
	statuses := make([]string, len(a.instances))
	for i, in := range a.instances {
		statuses[i] = in.state.String()
	}
	return wire.Worst(statuses)
}

// outPaths are the log files of an instance; errPath is empty where both
// streams go to one file.
func (a *app) outPaths(index int) (out, errs string) { return layout.Logs(a.s.root, &a.spec, index) }

func (a *app) pidPath(index int) string { return layout.Pid(a.s.root, &a.spec, a.id, index) }
