package pidfile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// encoder writes JSON, one app to a line. It keeps its first error; those of w
// come with w.Flush.
type encoder struct {
	w   *bufio.Writer
	app string // the name of the app being written, for errors
	err error
}

// open writes a struct without its closing brace, so that members can follow.
// It must have at least one member itself.
func (e *encoder) open(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		e.fail(err)
		return
	}
	e.w.Write(text[:len(text)-1])
}

// raw writes a member whose value is JSON already; there is none where it is
// empty. json.Marshal would take the value apart and build it again, which for
// the specs is nearly all the cost of a Save.
func (e *encoder) raw(name string, value json.RawMessage) {
	if len(value) == 0 {
		return
	}
	if err := check(value); err != nil {
		e.fail(fmt.Errorf("%q is not JSON: %w", name, err))
		return
	}
	quoted, err := json.Marshal(name)
	if err != nil {
		e.fail(err)
		return
	}
	if bytes.IndexByte(value, '\n') >= 0 { // only between values: strings cannot hold it
		value = compact(value)
	}
	e.w.WriteByte(',')
	e.w.Write(quoted)
	e.w.WriteByte(':')
	e.w.Write(value)
}

func (e *encoder) fail(err error) {
	if e.app != "" {
		err = fmt.Errorf("app %q: %w", e.app, err)
	}
	if e.err == nil {
		e.err = err
	}
}

func compact(value []byte) []byte {
	var b bytes.Buffer
	json.Compact(&b, value) // cannot fail: the value is valid
	return b.Bytes()
}

// close writes the members that are not known, in a fixed order, and the
// closing brace.
func (e *encoder) close(x extra) {
	for _, name := range slices.Sorted(maps.Keys(x)) {
		e.raw(name, x[name])
	}
	e.w.WriteString("}")
}

// The types under which encoding/json sees the plain fields only.
type (
	plainState    State
	plainApp      App
	plainInstance Instance
)

func (e *encoder) instance(in *Instance) {
	e.open(struct {
		*plainInstance
		Exits any `json:"exits,omitempty"` // hides the field, which follows
	}{plainInstance: (*plainInstance)(in)})
	e.raw("exits", in.Exits)
	e.close(in.extra)
}

func (e *encoder) appLine(a *App) {
	e.app = a.Name
	e.open(struct {
		*plainApp
		Instances any `json:"instances,omitempty"` // hide the fields, which follow
		Spec      any `json:"spec,omitempty"`
	}{plainApp: (*plainApp)(a)})
	e.w.WriteString(`,"instances":[`)
	for i := range a.Instances {
		if i > 0 {
			e.w.WriteString(",")
		}
		e.instance(&a.Instances[i])
	}
	e.w.WriteString("]")
	e.raw("spec", a.Spec)
	e.close(a.extra)
	e.app = ""
}

func (e *encoder) state(s *State) {
	head := plainState(*s)
	if head.Version == 0 {
		head.Version = Version
	}
	if head.WrittenAt.IsZero() {
		head.WrittenAt = time.Now()
	}
	if head.Boot == "" {
		var err error
		if head.Boot, err = BootID(); err != nil {
			e.fail(err)
		}
	}
	e.open(struct {
		*plainState
		Apps any `json:"apps,omitempty"` // hides the field, which follows
	}{plainState: &head})
	e.w.WriteString(`,"apps":[`)
	for i := range s.Apps {
		if i > 0 {
			e.w.WriteString(",")
		}
		e.w.WriteString("\n")
		e.appLine(&s.Apps[i])
	}
	e.w.WriteString("\n]")
	e.close(s.extra)
	e.w.WriteString("\n")
}

// marshal returns what write writes.
func marshal(write func(e *encoder)) ([]byte, error) {
	var b bytes.Buffer
	e := encoder{w: bufio.NewWriter(&b)}
	write(&e)
	e.w.Flush() // a Buffer does not fail
	return b.Bytes(), e.err
}

// MarshalJSON writes the Instance with the fields it does not know.
func (in Instance) MarshalJSON() ([]byte, error) {
	return marshal(func(e *encoder) { e.instance(&in) })
}

// MarshalJSON writes the App with the fields it does not know.
func (a App) MarshalJSON() ([]byte, error) {
	return marshal(func(e *encoder) { e.appLine(&a) })
}

// MarshalJSON writes the State with the fields it does not know.
func (s State) MarshalJSON() ([]byte, error) {
	return marshal(func(e *encoder) { e.state(&s) })
}
