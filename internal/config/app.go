package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"forever/internal/program"
)

// apps reads what stands at the top of a file.
func (l *loader) apps(root *node) ([]Settings, error) {
	nodes, err := l.appNodes(root)
	if err != nil {
		return nil, err
	}
	apps := make([]Settings, 0, len(nodes))
	for _, n := range nodes {
		app, err := l.app(n)
		if err != nil {
			return nil, err
		}
		apps = append(apps, app)
	}
	return apps, uniqueNames(apps)
}

// appNodes finds the apps: the value itself, its items, or those under "apps".
func (l *loader) appNodes(root *node) ([]*node, error) {
	at := root
	if under := root.find("apps"); under != nil {
		l.warnBeside(root)
		at = under.value
	}
	nodes := []*node{at}
	if at.kind == list {
		nodes = at.items
	}
	if at.kind == null || len(nodes) == 0 {
		return nil, &FileError{Line: at.at.line, Column: at.at.column, Message: "declares no app", Hint: "an app needs at least a script; several stand in an array, or in one under apps"}
	}
	for _, n := range nodes {
		if n.kind != table {
			return nil, &FileError{Line: n.at.line, Column: n.at.column, Message: fmt.Sprintf("wants an app as an object, not %s", n)}
		}
	}
	return nodes, nil
}

// warnBeside warns of keys beside "apps", except those that other programs read.
func (l *loader) warnBeside(root *node) {
	for _, e := range root.entries {
		key := Kebab(e.key)
		if key != "apps" && key != "deploy" && !isForOthers(e.key) {
			l.warn(e.at, "unknown key %q beside apps is ignored", e.key)
		}
	}
}

// isForOthers tells whether a key is meant for editors, or for YAML's anchors.
func isForOthers(key string) bool {
	return key == "$schema" || strings.HasPrefix(key, "x-")
}

// app reads one app.
func (l *loader) app(n *node) (Settings, error) {
	s := Settings{ConfigFile: l.path, origin: origin{file: l.file, dir: l.dir, app: n.at}}
	name := nameOf(n)
	for _, e := range n.entries {
		if e.value.kind == null {
			continue // as if it were not there
		}
		if err := l.key(&s, e); err != nil {
			return s, inApp(name, err)
		}
	}
	if err := l.namedEnv(&s, n); err != nil {
		return s, inApp(name, err)
	}
	if s.Script == "" {
		return s, inApp(name, &FileError{Line: n.at.line, Column: n.at.column, Message: "script is missing"})
	}
	l.makeAbsolute(&s)
	return s, nil
}

// nameOf is what errors call an app.
func nameOf(n *node) string {
	for _, keys := range [][]string{{"name"}, {"uid", "id", "u"}, {"script", "exec", "cmd"}} {
		if e := n.find(keys...); e != nil && e.value.text != "" {
			return e.value.text
		}
	}
	return ""
}

// inApp puts the app's name into an error.
func inApp(name string, err error) error {
	if bad, ok := err.(*FileError); ok {
		bad.App = name
	}
	return err
}

// makeAbsolute resolves what is relative to the file. A ~ waits for Spec, which knows the home.
func (l *loader) makeAbsolute(s *Settings) {
	resolve := func(path *string) {
		if *path != "" && !strings.HasPrefix(*path, "~") && !filepath.IsAbs(*path) {
			*path = filepath.Join(l.dir, *path)
		}
	}
	for i := range s.WatchDirs {
		resolve(&s.WatchDirs[i])
	}
	for _, path := range []*string{&s.Cwd, &s.SourceDir, &s.OutFile, &s.ErrFile, &s.LogFile, &s.PidFile} {
		resolve(path)
	}
	for i := range s.Env {
		resolve(&s.Env[i].File)
	}
}

// uniqueNames refuses two apps of one name. Apps without a name that run the
// same script are called by their uid, as npm's forever does.
func uniqueNames(apps []Settings) error {
	count := map[string]int{}
	for i := range apps {
		count[apps[i].displayName()]++
	}
	seen := map[string]position{}
	for i := range apps {
		s := &apps[i]
		if s.Name == "" && s.UID != "" && count[s.displayName()] > 1 {
			s.Name = s.UID
		}
		name := s.displayName()
		at, _ := s.origin.where("name")
		if first, taken := seen[name]; taken {
			return &FileError{Line: at.line, Column: at.column, Message: fmt.Sprintf("two apps are called %q%s", name, inLine(first)),
				Hint: "give one of them another name"}
		}
		seen[name] = at
	}
	return nil
}

// inLine says where else something stands, if that is known.
func inLine(at position) string {
	if at.line <= 0 {
		return ""
	}
	return fmt.Sprintf("; the first is in line %d", at.line)
}

// defaultName is what an app without a name is called after its script.
func defaultName(script string) string {
	if slices.Contains([]string{".", ".."}, script) {
		return script // a folder, which only Spec can look into
	}
	return cleanName(program.BaseName(script))
}
