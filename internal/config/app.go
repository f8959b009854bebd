package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"forever/internal/program"
)

// apps reads what stands at the top of a file. Those that are right are
// returned.
func (l *loader) apps(root *node) []Settings {
	nodes, err := l.appNodes(root)
	if err != nil {
		l.fail(err)
		return nil
	}
	apps := make([]Settings, 0, len(nodes))
	for _, n := range nodes {
		if app, right := l.app(n); right {
			apps = append(apps, app)
		}
	}
	if err := uniqueNames(apps); err != nil {
		l.fail(err)
	}
	return apps
}

// appNodes finds the apps: the value itself, its items, or those under "apps",
// beside which "defaults" may stand.
func (l *loader) appNodes(root *node) ([]*node, error) {
	at := root
	if under := root.find("apps"); under != nil {
		l.underApps = true
		l.beside(root)
		at = under.value
	}
	nodes := []*node{at}
	if at.kind == list {
		nodes = at.items
	}
	if at.kind == null || len(nodes) == 0 {
		return nil, &FileError{Line: at.at.line, Column: at.at.column, Message: "declares no app", Hint: "an app needs at least a script; several stand in an array, or in one under apps"}
	}
	return nodes, nil
}

// beside reads what stands beside "apps": the defaults, and keys that other
// programs read.
func (l *loader) beside(root *node) {
	for _, e := range root.entries {
		switch key := Kebab(e.key); {
		case key == "apps" || key == "deploy" || isForOthers(e.key):
		case key == "defaults" && e.value.kind == table:
			l.defaults = Settings{origin: l.origin(e.value)}
			l.fill(&l.defaults, e.value, "")
			l.makeAbsolute(&l.defaults)
		case key == "defaults":
			l.fail(wrongEntry(e, "wants an object of what all apps have, not "+e.value.String()))
		default:
			l.warn(e.at, "unknown key %q beside apps is ignored", e.key)
		}
	}
}

// origin is where an app, or what all apps have, stands.
func (l *loader) origin(n *node) origin {
	return origin{file: l.file, dir: l.dir, text: l.data, app: n.at}
}

// isForOthers tells whether a key is meant for editors, or for YAML's anchors.
func isForOthers(key string) bool {
	return key == "$schema" || strings.HasPrefix(key, "x-")
}

// app reads one app, and tells whether it is right.
func (l *loader) app(n *node) (Settings, bool) {
	s := Settings{ConfigFile: l.path, origin: l.origin(n)}
	if n.kind != table {
		l.fail(&FileError{Line: n.at.line, Column: n.at.column, Message: fmt.Sprintf("wants an app as an object, not %s", n)})
		return s, false
	}
	name := nameOf(n)
	right := l.fill(&s, n, name)
	l.makeAbsolute(&s)
	if s.Script == "" { // in PM2's files the command may be all there is
		s.Script, s.Command = s.Command, ""
	}
	s = s.over(l.defaults)
	if s.Script == "" && (right || n.find("script", "exec", "cmd") == nil) {
		l.fail(&FileError{Line: n.at.line, Column: n.at.column, App: name, Message: "script is missing"})
		right = false
	}
	return s, right
}

// appendEnv ends the names of the apps that want it so with the chosen
// env_NAME's NAME.
func (l *loader) appendEnv(apps []Settings) {
	for i := range apps {
		if s := &apps[i]; l.want.EnvName != "" && deref(s.AppendEnv, false) {
			s.Name = s.Label() + "-" + l.want.EnvName
		}
	}
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

// uniqueNames refuses two apps of one name.
func uniqueNames(apps []Settings) error {
	seen := map[string]position{}
	for i := range apps {
		name := apps[i].Label()
		at, _ := apps[i].origin.where("name")
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
