package pidfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// decodeObject reads the members of an object into what field returns for
// their names: a pointer, as json.Unmarshal takes it, or nil for a name that
// is not known. It returns what is not known.
func decodeObject(text []byte, field func(name string) any) (extra, error) {
	var rest extra
	err := members(text, func(name string, value []byte) error {
		var err error
		switch into := field(name).(type) {
		case nil:
			if rest == nil {
				rest = extra{}
			}
			rest[name] = bytes.Clone(value)
		case json.Unmarshaler: // without another check of the text
			err = into.UnmarshalJSON(value)
		default:
			err = json.Unmarshal(value, into)
		}
		return named(name, err)
	})
	return rest, err
}

// named puts the name of the member before an error in its value, unless the
// error names a member further in.
func named(name string, err error) error {
	var m *misplaced
	if err == nil || errors.As(err, &m) {
		return err
	}
	return fmt.Errorf("%q: %w", name, err)
}

// decodeFunc lets a function read the value of a member.
type decodeFunc func(text []byte) error

func (f decodeFunc) UnmarshalJSON(text []byte) error { return f(text) }

// UnmarshalJSON reads an Instance and keeps the fields it does not know.
func (in *Instance) UnmarshalJSON(text []byte) (err error) {
	*in = Instance{}
	in.extra, err = decodeObject(text, func(name string) any {
		switch name {
		case "index":
			return &in.Index
		case "process":
			return &in.Process
		case "status":
			return &in.Status
		case "runs":
			return &in.Runs
		case "restarts":
			return &in.Restarts
		case "short":
			return &in.Short
		case "then":
			return &in.Then
		case "why":
			return &in.Why
		case "well":
			return &in.Well
		case "origin":
			return &in.Origin
		case "watchdog_ms":
			return &in.WatchdogMS
		case "started_at":
			return &in.StartedAt
		case "next_try":
			return &in.NextTry
		case "exits":
			return &in.Exits
		}
		return nil
	})
	return err
}

// UnmarshalJSON reads an App and keeps the fields it does not know.
func (a *App) UnmarshalJSON(text []byte) (err error) {
	*a = App{}
	a.extra, err = decodeObject(text, func(name string) any {
		switch name {
		case "id":
			return &a.ID
		case "uid":
			return &a.UID
		case "name":
			return &a.Name
		case "namespace":
			return &a.Namespace
		case "created_at":
			return &a.CreatedAt
		case "desired":
			return &a.Desired
		case "request_id":
			return &a.Request
		case "instances":
			return decodeFunc(a.decodeInstances)
		case "spec":
			return &a.Spec
		}
		return nil
	})
	return err
}

func (a *App) decodeInstances(text []byte) error {
	a.Instances = nil
	return elements(text, func(value []byte) error {
		var in Instance
		if err := in.UnmarshalJSON(value); err != nil {
			return err
		}
		if slices.ContainsFunc(a.Instances, func(other Instance) bool { return other.Index == in.Index }) {
			return fmt.Errorf("instance %d is there twice", in.Index)
		}
		a.Instances = append(a.Instances, in)
		return nil
	})
}

// UnmarshalJSON reads a State and keeps the fields it does not know.
func (s *State) UnmarshalJSON(text []byte) (err error) {
	*s = State{}
	s.extra, err = decodeObject(text, func(name string) any {
		switch name {
		case "version":
			return &s.Version
		case "written_at":
			return &s.WrittenAt
		case "boot_id":
			return &s.Boot
		case "next_id":
			return &s.NextID
		case "shim":
			return &s.Shim
		case "supervisor":
			return &s.Supervisor
		case "apps":
			return decodeFunc(s.decodeApps)
		}
		return nil
	})
	for i := range s.Apps {
		s.NextID = max(s.NextID, s.Apps[i].ID+1)
	}
	return err
}

func (s *State) decodeApps(text []byte) error {
	s.Apps = nil
	seen := map[int]bool{}
	return elements(text, func(value []byte) error {
		var a App
		if err := a.UnmarshalJSON(value); err != nil {
			return err
		}
		if seen[a.ID] {
			return fmt.Errorf("app id %d is there twice", a.ID)
		}
		seen[a.ID] = true
		s.Apps = append(s.Apps, a)
		return nil
	})
}
