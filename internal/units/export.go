package units

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"forever/internal/wire"
)

// Formats are the systems that apps can be exported to.
func Formats() []string { return []string{"compose", "k8s", "systemd"} }

// File is one exported file.
type File struct{ Name, Text string }

// Export describes apps in the files of another system. Of an app's environment
// the variables that base (K=V) does not have as well are written: an
// environment is taken whole from whoever starts an app, and most of it
// describes that person's session.
func Export(format string, apps []wire.Spec, base []string) ([]File, error) {
	list := services(apps)
	switch format {
	case "compose":
		return []File{{"compose.yaml", compose(list, base)}}, nil
	case "k8s":
		return manifests(list, base), nil
	case "systemd":
		return units(list, base), nil
	}
	return nil, fmt.Errorf("unknown format %q (%s)", format, strings.Join(Formats(), ", "))
}

// service is an app under the name that it has in the other system.
type service struct {
	*wire.Spec
	name  string
	after []service // those of its After that are exported too
}

// services gives each app a name of its own there: different names may become
// the same where those systems allow fewer characters.
func services(apps []wire.Spec) []service {
	list := make([]service, len(apps))
	taken := map[string]bool{}
	for i := range apps {
		first := serviceName(apps[i].Name)
		name := first
		for n := 2; taken[name]; n++ {
			suffix := "-" + strconv.Itoa(n)
			name = strings.TrimRight(first[:min(len(first), maxServiceName-len(suffix))], "-") + suffix
		}
		taken[name] = true
		list[i] = service{Spec: &apps[i], name: name}
	}
	for i := range list {
		for _, other := range list {
			if slices.Contains(list[i].After, other.Name) {
				list[i].after = append(list[i].after, other)
			}
		}
	}
	return list
}

// maxServiceName is how long a name may be there, in bytes (RFC 1123).
const maxServiceName = 63

// serviceName is an app's name as all of these systems take one (RFC 1123).
func serviceName(name string) string {
	name = strings.Trim(strings.ToLower(strings.Map(func(r rune) rune {
		if r == '_' || r == '.' {
			return '-'
		}
		return r
	}, fit(name))), "-")
	if name == "" {
		return "app"
	}
	return strings.TrimRight(name[:min(len(name), maxServiceName)], "-")
}

// words are what is executed.
func words(s *wire.Spec) []string {
	list := slices.Concat([]string{s.Interpreter}, s.InterpreterArgs, []string{s.Script}, s.Args)
	if s.Interpreter == "" {
		list = list[1:]
	}
	return list
}

// inContainer are the words for another machine, where the interpreter is on PATH.
func inContainer(s *wire.Spec) []string {
	list := slices.Clone(words(s))
	if s.Interpreter != "" {
		list[0] = filepath.Base(s.Interpreter)
	}
	return list
}

// ofSession are variables that mean nothing outside the shell that set them.
func ofSession() []string { return []string{"PWD", "OLDPWD", "SHLVL", "_"} }

// own are the variables of an app that base has not, or not so, by name.
func own(s *wire.Spec, base []string) [][2]string {
	var list [][2]string
	for _, v := range s.Env {
		name, value, ok := strings.Cut(v, "=")
		if ok && !slices.Contains(base, v) && !slices.Contains(ofSession(), name) {
			list = append(list, [2]string{name, value})
		}
	}
	slices.SortStableFunc(list, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return list
}

// image is a public image that has what reads the script.
func image(s *wire.Spec) string {
	name := strings.TrimRight(strings.TrimSuffix(filepath.Base(s.Interpreter), ".exe"), "0123456789.")
	for interpreter, image := range map[string]string{
		"node": "node:lts", "tsx": "node:lts", "bun": "oven/bun:1", "python": "python:3", "ruby": "ruby:3", "php": "php:cli", "perl": "perl:5",
	} {
		if name == interpreter {
			return image
		}
	}
	return "debian:stable-slim"
}

// quoted is a text as YAML and JSON write it.
func quoted(text string) string {
	data, _ := json.Marshal(text) // a string always can be
	return string(data)
}

func quotedList(list []string) string {
	all := make([]string, len(list))
	for i, word := range list {
		all[i] = quoted(word)
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func stopTime(s *wire.Spec) time.Duration { return time.Duration(s.Stop.TimeoutMS) * time.Millisecond }

// wholeSeconds rounds up: no program gets less time than it had.
func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
