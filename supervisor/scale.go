package supervisor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"forever/internal/wire"
)

// maxInstances bounds what a slip of the finger can start.
const maxInstances = 1024

// actScale changes the number of an app's instances: to N, or by +N or -N.
func (s *Supervisor) actScale(a *app, r wire.TargetRequest, w *waiting) {
	want, err := scaleTo(a.spec.Instances, r.Instances)
	if err != nil {
		w.fail(a, &wire.Error{Code: wire.CodeUsage, Message: fmt.Sprintf("app %q: %v", a.spec.Name, err)})
		return
	}
	if r.ID != "" && a.request == r.ID { // asked again after a supervisor was replaced
		s.again(a, w)
		return
	}
	if !a.spec.Cluster {
		w.fail(a, &wire.Error{
			Code: wire.CodeUsage, Message: fmt.Sprintf("app %q: was not started with -i, so that its instances would fight for its port", a.spec.Name),
			Hint: fmt.Sprintf("forever delete %s; then start it with -i %d", a.spec.Name, want),
		})
		return
	}
	a.request, a.desired = r.ID, wire.DesiredRunning
	spec := a.spec
	spec.Instances = want
	a.setSpec(spec)
	s.scaleDown(a, w)
	for i := range want {
		if a.instance(i) == nil {
			in := a.addInstance(i)
			w.add(in, didScaled).upwards = true
			in.fire(event{kind: AskStart})
		}
	}
	if len(w.goals) == 0 {
		g := w.add(a.instances[0], didScaled)
		g.done, g.message = true, fmt.Sprintf("has %s already", plural(want, "instance"))
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
		if in.state.resting() {
			g.done = true
			in.dismiss()
			continue
		}
		in.bound = false
		s.steer(a)
		s.drain(in, func() { in.fire(event{kind: AskStop}) })
	}
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
	if n < 1 || n > maxInstances {
		return 0, fmt.Errorf("%d is not a number of instances from 1 to %d", n, maxInstances)
	}
	return n, nil
}
