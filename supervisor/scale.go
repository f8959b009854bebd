package supervisor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"forever/internal/wire"
)

// actScale changes the number of an app's instances: to N, or by +N or -N.
func (s *Supervisor) actScale(a *app, r wire.TargetRequest, w *waiting) {
	again := r.ID != "" && a.request == r.ID // after a supervisor was replaced
	if !again {
		want, err := a.mayScale(r.Instances)
		if err != nil {
			w.fail(a, err)
			return
		}
		a.request = r.ID
		spec := a.spec
		spec.Instances = want
		a.setSpec(spec)
	}
	w.wishes = true
	s.scaleDown(a, w)
	s.scaleUp(a, w, again)
	if !a.toRest() { // else it was stopped, and has lost some of its instances
		a.desired = wire.DesiredRunning
	}
	w.remark(a, "has "+plural(a.spec.Instances, "instance")+" now")
	if len(w.goals) == 0 {
		g := w.add(a.instances[0], didScaled)
		g.done, g.message = true, fmt.Sprintf("has %s already", plural(a.spec.Instances, "instance"))
	}
}

// mayScale reads how many instances the app is to have, or says why it cannot.
func (a *app) mayScale(text string) (want int, _ *wire.Error) {
	want, err := scaleTo(a.spec.Instances, text)
	switch {
	case err != nil:
		return 0, &wire.Error{Code: wire.CodeUsage, Message: fmt.Sprintf("app %q: %v", a.spec.Name, err)}
	case !a.spec.Cluster:
		return 0, &wire.Error{
			Code: wire.CodeUsage, Message: fmt.Sprintf("app %q: was not started with -i, so that its instances would fight for its port", a.spec.Name),
			Hint: fmt.Sprintf("forever delete %s; then start it with -i %d", a.word(), want),
		}
	case a.reloading != nil:
		return 0, a.busyReloading()
	}
	return want, nil
}

// scaleUp starts the instances that the app lacks. One that was about to leave stays.
func (s *Supervisor) scaleUp(a *app, w *waiting, again bool) {
	for i := range a.spec.Instances {
		in := a.instance(i)
		if in == nil {
			in = a.addInstance(i)
		} else if !again && !in.leaving {
			continue
		}
		in.leaving = false
		g := w.add(in, didScaled)
		g.upwards, g.began = true, in.state == Online || in.state == Starting
		if g.began {
			s.steer(a)
			w.sub.add(in.event(nil)) // nothing else may happen to it
			continue
		}
		in.fire(event{kind: AskStart})
	}
}

// scaleDown ends the instances that an app has no place for any more. They get
// no new connections first.
func (s *Supervisor) scaleDown(a *app, w *waiting) {
	for _, in := range slices.Clone(a.instances) {
		if in.index < a.spec.Instances {
			continue
		}
		g := w.add(in, didScaled)
		switch {
		case in.state.resting():
			g.done = true
			in.dismiss()
		case !in.leaving:
			s.retire(in, nil)
		}
	}
}

// retireSurplus goes on with a scaling down that a supervisor before has begun.
func (a *app) retireSurplus() {
	for _, in := range slices.Clone(a.instances) {
		switch {
		case in.index < max(a.spec.Instances, 1):
		case in.state.resting():
			in.dismiss()
		default:
			a.s.retire(in, nil)
		}
	}
}

// retire has an instance get no new connections, and end when it has answered
// those that wait.
func (s *Supervisor) retire(in *instance, how *wire.Stop) {
	in.leaving = true
	s.steer(in.app)
	s.drain(in, func() {
		if in.leaving && !in.state.resting() { // else it stays, or has gone by itself
			in.fire(event{kind: AskStop, stop: how})
		}
	})
}

// scaleTo reads "4", "+2" or "-1".
func scaleTo(now int, text string) (int, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(text, "+"))
	if err != nil {
		return 0, fmt.Errorf("%q is not a number of instances (4, +2, -1)", text)
	}
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		n += now
	}
	if n < 1 || n > wire.MaxInstances {
		return 0, fmt.Errorf("%d is not a number of instances from 1 to %d", n, wire.MaxInstances)
	}
	return n, nil
}
