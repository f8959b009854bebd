package supervisor

import (
	"slices"
	"time"

	"forever/internal/clock"
)

// lingerTime is how long an app of `forever run` stays after its end, so that
// its client can fetch how it ended; the client then deletes it.
const lingerTime = 3 * time.Second

// forgetIfDone drops an app that is to be deleted, when it rests.
func (s *Supervisor) forgetIfDone(a *app) {
	if a.deleting && a.resting() {
		s.remove(a)
	}
}

// remove forgets an app that rests, with its slots and pipes, and tells so when
// its last output is in its logs, which stay.
func (s *Supervisor) remove(a *app) {
	if !slices.Contains(s.apps, a) {
		return
	}
	var keys []string
	for _, in := range a.all() {
		keys = append(keys, s.drop(in)...)
	}
	s.active++
	go func() {
		for _, key := range keys {
			s.pump.Detach(key)
		}
		s.post(func() {
			s.active--
			s.publishDeleted(a)
		})
	}()
	if a.spec.Output.Direct || a.spec.Output.Also {
		for _, stream := range []string{streamOut, streamErr} {
			s.shimError(s.shim.Drop(a.heldName(stream)))
		}
	}
	s.apps = slices.DeleteFunc(s.apps, func(b *app) bool { return a == b })
	a.gone = true
	a.tend()
	if len(s.apps) == 0 {
		s.nextID = 0
	}
	s.changed()
}

// drop gives back what the shim holds for an instance, and returns the keys of
// what is still to be detached from the pump.
func (s *Supervisor) drop(in *instance) (keys []string) {
	in.stopTimer()
	s.closeNotify(in)
	if in.app.spec.Channel {
		in.closeChannel()
		s.shimError(s.shim.Drop(in.channelName()))
	}
	_ = s.groups.Remove(in.cgroup()) // a folder that stays does no harm
	in.group = ""
	if !in.opened {
		return nil
	}
	in.opened, in.planned = false, false
	s.shimError(s.shim.CloseSlot(in.slot))
	return in.pumpKeys()
}

// renewed gives an instance that rests a new slot for its next process, with
// the pipes and logs of a new spec.
func (s *Supervisor) renewed(in *instance) {
	in.renew = false
	keys := s.drop(in)
	in.generation++
	detach := func() {
		for _, key := range keys {
			s.pump.Detach(key)
		}
	}
	if in.app.spec.Output.Also {
		go detach() // a stopped terminal may hold it up
		return
	}
	detach() // before the next one may want to empty the file
}

// rested is called when an instance has come to rest.
func (in *instance) rested() {
	a := in.app
	a.s.refuseWaiting(in)
	switch {
	case in.former:
		in.leave()
	case in.trial == nil && in.index >= a.spec.Instances:
		in.dismiss()
	}
	if !a.resting() {
		return
	}
	a.s.dropGroups(a)
	a.s.forgetIfDone(a)
	if a.spec.Foreground && !a.deleting && !a.expects() {
		a.linger()
	}
}

// dismiss drops an instance that its app has no place for any more.
func (in *instance) dismiss() {
	if in.due { // who waits for its start is told; as soon as it rests it comes back here
		in.fire(event{kind: AskStop})
		return
	}
	keys := in.app.s.drop(in)
	in.app.instances = slices.DeleteFunc(in.app.instances, func(other *instance) bool { return in == other })
	in.app.s.dropDeserted(in.app)
	go func() {
		for _, key := range keys {
			in.app.s.pump.Detach(key)
		}
	}()
}

// linger forgets an app of `forever run` whose client does not come for it.
func (a *app) linger() {
	if a.farewell != nil {
		a.farewell.Stop() // it was at rest before
	}
	var t clock.Timer
	t = a.s.clock.AfterFunc(lingerTime, func() {
		a.s.post(func() {
			if a.farewell == t && a.resting() {
				a.s.remove(a)
			}
		})
	})
	a.farewell = t
}

// lingers: the pair stays for a client that is about to ask, or for what will
// start the app again.
func (a *app) lingers() bool {
	return a.spec.Foreground && a.farewell != nil || a.expects()
}

// RemoveGroups removes the control groups of all instances, which rest. It is
// for the time after Run.
func (s *Supervisor) RemoveGroups() {
	for _, a := range s.apps {
		for _, in := range a.instances {
			_ = s.groups.Remove(in.cgroup()) // as in drop
		}
	}
	s.groups.Close()
}
