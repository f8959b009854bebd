package config

import (
	"errors"
	"slices"
	"strings"
)

// fill puts the entries of a table into settings, and keeps the mistakes. Name
// is what errors call the app. It tells whether there were none.
func (l *loader) fill(s *Settings, n *node, name string) bool {
	right := true
	check := func(err error) {
		if err != nil {
			right = false
			l.fail(inApp(name, err))
		}
	}
	for _, e := range n.entries {
		if e.value.kind != null { // which is as if it were not there
			check(l.key(s, n, e))
		}
	}
	check(l.namedEnv(s, n))
	return right
}

// key puts one entry of an app into its settings.
func (l *loader) key(s *Settings, n *node, e *entry) error {
	if done, err := l.special(s, n, e); done || err != nil {
		return err
	}
	o, known := l.option(e.key)
	if !known {
		l.unknown(e)
		return nil
	}
	if _, twice := s.origin.at[o.Name]; twice && l.contradicts(n, e, o) {
		l.warn(e.at, "%s was set before under another name; this one wins", e.key)
	}
	err := fillEntry(s, o, e)
	s.origin.note(o.Name, e.value.at)
	return err
}

// contradicts tells whether the option was set before, under another name and
// to another value. Some options add up.
func (l *loader) contradicts(n *node, e *entry, o Option) bool {
	if o.Kind == Strings || o.Kind == List {
		return false
	}
	return slices.ContainsFunc(n.entries[:slices.Index(n.entries, e)], func(before *entry) bool {
		other, known := l.option(before.key)
		return known && other.Name == o.Name && before.value.kind != null && before.value.String() != e.value.String()
	})
}

// fillEntry sets an option to the value of an entry, under the entry's name.
func fillEntry(s *Settings, o Option, e *entry) error {
	err := o.fill(s, e.value)
	if err == nil && s.EnvName != "" {
		err = wrong("wants NAME=VALUE or an object, not %q", s.EnvName) // to choose a set is up to the command line
	}
	var bad *ValueError
	if errors.As(err, &bad) {
		return bad.in(e.key, e.value.at)
	}
	return err
}

// option is Lookup in the table that was built for this file. Letters are for
// command lines only.
func (l *loader) option(key string) (Option, bool) {
	key = Kebab(key)
	i := slices.IndexFunc(l.options, func(o Option) bool {
		return len(key) > 1 && (o.Name == key || slices.Contains(o.Aliases, key))
	})
	if i < 0 {
		return Option{}, false
	}
	return l.options[i], true
}

// unknown decides what to say about a key that is no option.
func (l *loader) unknown(e *entry) {
	switch name, isEnv := envSet(e.key); {
	case isEnv:
		l.envNames = append(l.envNames, name)
	case isForOthers(e.key):
	case slices.Contains(withoutMeaning(), Kebab(e.key)):
		l.idle = append(l.idle, idleKey{e.key, e.at})
	default:
		if near := Nearest(Kebab(e.key), l.keys()); near != "" {
			l.warn(e.at, "unknown key %q is ignored; did you mean %s?", e.key, respell(near, e.key))
			return
		}
		l.warn(e.at, "unknown key %q is ignored", e.key)
	}
}

// withoutMeaning are PM2's keys, and the last two of npm's forever, that ask
// for nothing forever does.
func withoutMeaning() []string {
	return []string{"vizion", "pmx", "automation", "trace", "deep-monitoring", "post-update", "kill-retry-time", "wait-for-listen",
		"disable-trace", "vizion-running", "write", "version", "install-url", "io", "name-prefix", "username", "execute-command", "v8",
		"event-loop-inspector", "windows-hide", "silent", "path"}
}

// idleKey is a key that is understood and asks for nothing.
type idleKey struct {
	key string
	at  position
}

// warnIdle tells of all such keys at once, where the first one stands.
func (l *loader) warnIdle() {
	var keys []string
	for _, idle := range l.idle {
		if !slices.Contains(keys, idle.key) {
			keys = append(keys, idle.key)
		}
	}
	switch len(keys) {
	case 0:
	case 1:
		l.warn(l.idle[0].at, "%s has no meaning here and is ignored", keys[0])
	default:
		l.warn(l.idle[0].at, "%s have no meaning here and are ignored", strings.Join(keys, ", "))
	}
}

// envSet recognises the keys of variables that --env NAME chooses.
func envSet(key string) (name string, ok bool) {
	if rest, ok := strings.CutPrefix(key, "env_"); ok && rest != "" {
		return rest, true
	}
	rest, ok := strings.CutPrefix(key, "env-")
	return rest, ok && rest != ""
}

// keys are the names that a file may use.
func (l *loader) keys() []string {
	names := specialKeys()
	for _, o := range l.options {
		for _, name := range append([]string{o.Name}, o.Aliases...) {
			if len(name) > 1 {
				names = append(names, name)
			}
		}
	}
	return names
}

// respell writes a kebab-case name the way that another key is written.
func respell(name, like string) string {
	switch {
	case strings.Contains(like, "-"):
		return name
	case strings.Contains(like, "_"):
		return strings.ReplaceAll(name, "-", "_")
	}
	return camel(name)
}

// namedEnv lays the chosen env_NAME over the app's env.
func (l *loader) namedEnv(s *Settings, n *node) error {
	env, _ := l.option("env")
	for _, e := range n.entries {
		name, ok := envSet(e.key)
		if _, option := l.option(e.key); !ok || option {
			continue
		}
		target := s
		if name != l.want.EnvName {
			target = &Settings{} // checked all the same
		}
		if err := fillEntry(target, env, e); err != nil {
			return err
		}
	}
	return nil
}
