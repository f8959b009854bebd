package supervisor

import (
	"testing"

	"forever/internal/wire"
)

// Every cell of the table is decided: a state in which an event was forgotten
// would call nothing at all.
func TestEveryStateAnswersEveryEvent(t *testing.T) {
	for state := Stopped; state < numStates; state++ {
		for kind := EventKind(0); kind < numEvents; kind++ {
			if steps[state][kind].do == nil {
				t.Errorf("%v does not know what to do on %v", state, kind)
			}
		}
	}
	for kind := EventKind(0); kind < numEvents; kind++ {
		if steps[Stay][kind].do != nil {
			t.Errorf("Stay is no state, yet it answers %v", kind)
		}
	}
}

// What is shown and stored is read again as what it was.
func TestStatesHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for state := Stopped; state < numStates; state++ {
		name := state.String()
		if name == "" || seen[name] {
			t.Errorf("state %d is called %q", state, name)
		}
		seen[name] = true
		if got := parseState(name); got != state {
			t.Errorf("%q is read as %v", name, got)
		}
		if wire.Worst([]string{name}) != name {
			t.Errorf("%v has no place in the order of what an app shows", state)
		}
	}
	if got := parseState("of a newer version"); got != Stopped {
		t.Errorf("an unknown state is read as %v, want stopped", got)
	}
	for kind := EventKind(0); kind < numEvents; kind++ {
		if kind.String() == "" {
			t.Errorf("event %d has no name", kind)
		}
	}
}
