package target

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"forever/internal/wire"
)

// Each by… function is one kind of target. All have the same form, so that
// their order can be read off one list in Match.

func byID(apps []wire.App, _, target string) []Ref {
	id, ok := number(target)
	if !ok {
		return nil
	}
	return refs(apps, func(a *wire.App) bool { return a.ID == id })
}

func byName(apps []wire.App, _, target string) []Ref {
	return refs(apps, func(a *wire.App) bool { return target != "" && a.Name == target })
}

func byPID(apps []wire.App, _, target string) []Ref {
	pid, ok := number(target)
	if !ok || pid == 0 { // 0 says "no process" in wire.Instance
		return nil
	}
	var found []Ref
	for i := range apps {
		for _, in := range apps[i].Instances {
			if in.PID == pid {
				found = append(found, Ref{apps[i].ID, in.Index})
			}
		}
	}
	return found
}

func byInstance(apps []wire.App, cwd, target string) []Ref {
	var found []Ref
	owner, index, _ := splitInstance(target)
	for _, r := range owners(apps, cwd, owner) {
		if has(apps, r.AppID, index) {
			found = append(found, Ref{r.AppID, index})
		}
	}
	return found
}

func byUID(apps []wire.App, _, target string) []Ref {
	return refs(apps, func(a *wire.App) bool { return target != "" && a.UID == target })
}

func byPath(apps []wire.App, cwd, target string) []Ref {
	p := absolute(cwd, target)
	return refs(apps, func(a *wire.App) bool { return p != "" && a.Script == p })
}

func byTyped(apps []wire.App, _, target string) []Ref {
	return refs(apps, func(a *wire.App) bool { return target != "" && a.Typed == target })
}

func byConfig(apps []wire.App, cwd, target string) []Ref {
	p := absolute(cwd, target)
	return refs(apps, func(a *wire.App) bool { return p != "" && a.ConfigFile == p })
}

func byNamespace(apps []wire.App, _, target string) []Ref {
	return refs(apps, func(a *wire.App) bool { return target != "" && a.Namespace == target })
}

func byGlob(apps []wire.App, _, target string) []Ref {
	if !strings.ContainsAny(target, `*?[`) {
		return nil
	}
	return refs(apps, func(a *wire.App) bool {
		return globs(target, a.Name) || globs(target, a.Namespace)
	})
}

// refs are the apps that fit, as a whole.
func refs(apps []wire.App, fits func(*wire.App) bool) []Ref {
	var found []Ref
	for i := range apps {
		if fits(&apps[i]) {
			found = append(found, Ref{apps[i].ID, All})
		}
	}
	return found
}

// owners are the apps that the front part of NAME:INDEX or ID:INDEX means.
func owners(apps []wire.App, cwd, owner string) []Ref {
	if found := byID(apps, cwd, owner); len(found) > 0 {
		return found
	}
	return byName(apps, cwd, owner)
}

// splitInstance cuts NAME:INDEX at its last colon. Without an index, owner is empty.
func splitInstance(target string) (owner string, index int, ok bool) {
	i := strings.LastIndexByte(target, ':')
	if i <= 0 {
		return "", 0, false
	}
	index, ok = number(target[i+1:])
	if !ok {
		return "", 0, false
	}
	return target[:i], index, true
}

// has tells whether the app has an instance of that index.
func has(apps []wire.App, id, index int) bool {
	for i := range apps {
		if apps[i].ID != id {
			continue
		}
		for _, in := range apps[i].Instances {
			if in.Index == index {
				return true
			}
		}
	}
	return false
}

// noInstance is the error of a NAME:INDEX whose app is there and whose
// instance is not; nil for every other target.
func noInstance(apps []wire.App, target string) *wire.Error {
	owner, index, ok := splitInstance(target)
	if !ok || len(owners(apps, "", owner)) == 0 {
		return nil
	}
	return &wire.Error{
		Code:    wire.CodeNoTarget,
		Message: fmt.Sprintf("app %q has no instance %d", owner, index),
		Hint:    "forever list",
	}
}

// number reads a plain decimal as list prints it: "07" and "+7" are names.
func number(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0 && strconv.Itoa(n) == s
}

// globs tells whether name fits pattern. A broken pattern fits nothing.
func globs(pattern, name string) bool {
	ok, err := filepath.Match(pattern, name)
	return ok && err == nil
}
