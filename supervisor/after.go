package supervisor

import (
	"fmt"
	"slices"

	"forever/internal/wire"
)

// ordered refuses a request whose apps come after each other in a circle, or
// after one that there is not. The loop calls it.
func (s *Supervisor) ordered(specs []wire.Spec) *wire.Error {
	after := map[string][]string{}
	for i := range specs {
		after[specs[i].Name] = specs[i].After
	}
	for i := range specs {
		name := specs[i].Name
		for _, other := range specs[i].After {
			if _, here := after[other]; !here && s.byName(other) == nil {
				return &wire.Error{
					Code: wire.CodeUsage, Message: fmt.Sprintf("app %q: is to start after %q, and there is no such app", name, other),
					Hint: "start it first, or declare both in one file",
				}
			}
		}
		if reaches(after, name, name, map[string]bool{}) {
			return &wire.Error{Code: wire.CodeUsage, Message: fmt.Sprintf("app %q: is to start after itself, by way of what it comes after", name)}
		}
	}
	return nil
}

// reaches tells whether from comes after to, directly or not.
func reaches(after map[string][]string, from, to string, seen map[string]bool) bool {
	for _, next := range after[from] {
		if next == to {
			return true
		}
		if !seen[next] {
			seen[next] = true
			if reaches(after, next, to, seen) {
				return true
			}
		}
	}
	return false
}

// launchInTurn launches an app as soon as those that it comes after are ready;
// w hears if they will not be.
func (a *app) launchInTurn(w *waiting) {
	a.turn = w
	a.tendTurn()
}

// tendTurn looks whether it is the app's turn.
func (a *app) tendTurn() {
	w, s := a.turn, a.s
	switch {
	case w == nil:
		return
	case !slices.ContainsFunc(a.instances, func(in *instance) bool { return in.due }):
		a.turn = nil // another command has decided otherwise
		return
	}
	for _, name := range a.spec.After {
		ready, err := s.precedes(name)
		if err != nil {
			a.turn = nil
			err.Message = fmt.Sprintf("app %q: not started: %s", a.spec.Name, err.Message)
			s.giveUp([]*app{a}, w, err)
			s.post(s.changed) // what comes after this one has to hear of it
			return
		}
		if !ready {
			return
		}
	}
	a.turn = nil
	s.launchApp(a)
}

// precedes tells whether what comes after an app may start: when all its
// instances are ready, or have done their work and ended well. err: it will not
// come to that.
func (s *Supervisor) precedes(name string) (ready bool, err *wire.Error) {
	other := s.byName(name)
	if other == nil {
		return false, &wire.Error{Code: wire.CodeDied, Message: fmt.Sprintf("%q, which it comes after, is no more", name)}
	}
	ready = true
	for _, in := range other.instances {
		switch {
		case in.due:
			ready = false
		case in.state == Failed || in.state == Stopped:
			return false, &wire.Error{
				Code: wire.CodeDied, Message: fmt.Sprintf("%q, which it comes after, is %v", name, in.state),
				Hint: fmt.Sprintf("forever describe %s; then start both again", other.word()),
			}
		case in.state != Online && in.state != Exited:
			ready = false
		}
	}
	return ready, nil
}
