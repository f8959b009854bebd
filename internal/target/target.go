// Package target knows what a TARGET on the command line means: which apps,
// and which of their instances, a word of the user stands for.
package target

import (
	"fmt"
	"path/filepath"
	"slices"

	"forever/internal/wire"
)

// All is the Index of a Ref that means every instance of an app.
const All = -1

// Ref is one app, or one instance of it.
type Ref struct {
	AppID int
	Index int // All: every instance
}

// Match finds what one target stands for among apps. Each kind of target is
// tried in turn and the first kind that matches anything decides, from the
// most exact to the widest:
//
//   - `all`, which is never an error, not even where there are no apps
//   - the id of an app. A number is an id first, because ids are what `list`
//     shows in its first column and what stays the same over restarts
//   - the name of an app, also where that name is a number
//   - the PID of a running instance, for that instance alone. It comes after
//     id and name because PIDs come and go: what `stop 3` does must not depend
//     on which number the kernel gave to a process
//   - NAME:INDEX or ID:INDEX, one instance
//   - a uid
//   - the path of a script, absolute or relative to cwd
//   - the script as it was typed at the start, from whatever folder
//   - the path of a config file, absolute or relative to cwd: its apps
//   - a namespace: its apps
//   - a glob over names and namespaces, as path/filepath.Match takes it
//
// What matches nothing is a *wire.Error with CodeNoTarget. Refs come in the
// order of apps.
func Match(apps []wire.App, cwd string, target string) ([]Ref, error) {
	if target == "all" {
		return refs(apps, func(*wire.App) bool { return true }), nil
	}
	for _, kind := range [...]func([]wire.App, string, string) []Ref{
		byID, byName, byPID, byInstance, byUID, byPath, byTyped, byConfig, byNamespace, byGlob,
	} {
		if found := kind(apps, cwd, target); len(found) > 0 {
			return found, nil
		}
	}
	return nil, noTarget(apps, target)
}

// Select finds what several targets stand for together. Each app or instance
// is there once, in order of id and index, and an instance is left out where
// its whole app is meant. A target that matches nothing is an error in errs
// and takes nothing from the others.
func Select(apps []wire.App, cwd string, targets []string) (refs []Ref, errs []*wire.Error) {
	for _, t := range targets {
		found, err := Match(apps, cwd, t)
		if err != nil {
			errs = append(errs, asWire(err))
			continue
		}
		refs = append(refs, found...)
	}
	return unique(refs), errs
}

// unique sorts refs and drops what is named twice. All sorts before every
// index, so an app as a whole stands in front of its instances.
func unique(refs []Ref) []Ref {
	slices.SortFunc(refs, compare)
	kept := refs[:0]
	for _, r := range refs {
		if n := len(kept); n > 0 && kept[n-1].covers(r) {
			continue
		}
		kept = append(kept, r)
	}
	return kept
}

func compare(a, b Ref) int {
	if a.AppID != b.AppID {
		return a.AppID - b.AppID
	}
	return a.Index - b.Index
}

// covers tells whether whoever has r needs no other.
func (r Ref) covers(other Ref) bool {
	return r.AppID == other.AppID && (r.Index == All || r.Index == other.Index)
}

func asWire(err error) *wire.Error {
	if e, ok := err.(*wire.Error); ok {
		return e
	}
	return &wire.Error{Code: wire.CodeInternal, Message: err.Error()}
}

// noTarget says that nothing is called target, and what may have been meant.
func noTarget(apps []wire.App, target string) *wire.Error {
	if e := noInstance(apps, target); e != nil {
		return e
	}
	e := &wire.Error{
		Code:    wire.CodeNoTarget,
		Message: fmt.Sprintf("no app %q", target),
		Hint:    "forever list",
	}
	if near := nearest(apps, target); near != "" {
		e.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	return e
}

// absolute is the path that target means in cwd, or "" where it cannot be one.
func absolute(cwd, target string) string {
	if target == "" {
		return ""
	}
	if filepath.IsAbs(target) {
		return filepath.Clean(target)
	}
	if !filepath.IsAbs(cwd) {
		return ""
	}
	return filepath.Join(cwd, target)
}
