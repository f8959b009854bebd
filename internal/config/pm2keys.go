package config

import (
	"os"
	"strconv"
)

// Keys of PM2's process files that are no options: what they ask for is said
// by another option here, or makes sense in a file alone.

// special takes an entry that is no plain option. Not done: it is one, or it is
// not known at all.
func (l *loader) special(s *Settings, n *node, e *entry) (done bool, err error) {
	switch Kebab(e.key) {
	case "kill-tree", "treekill":
		return l.killTree(e), nil
	case "uid":
		if !l.isUser(n, e) {
			return false, nil
		}
		return true, l.fillAs(s, "user", e)
	case "port":
		return true, l.fillAs(s, "env", portEntry(e))
	case "watch-options":
		return true, l.watchOptions(s, e)
	case "append-env-to-name":
		return true, fillBool(&s.AppendEnv, e, true)
	case "autostart":
		return true, fillBool(&s.Autostart, e, true)
	case "source-map-support":
		return true, fillBool(&s.SourceMaps, e, true)
	case "disable-source-map-support":
		return true, fillBool(&s.SourceMaps, e, false)
	case "filter-env":
		return true, fillFilter(s, e)
	}
	return noFile(s, e), nil
}

// specialKeys are those that special alone knows.
func specialKeys() []string {
	return []string{"watch-options", "append-env-to-name", "autostart", "source-map-support", "disable-source-map-support", "filter-env", "port"}
}

// killTree passes over a wish that is not to be had. In a file that worked
// elsewhere it is no mistake.
func (l *loader) killTree(e *entry) bool {
	if e.value.text != "false" {
		return false
	}
	l.warn(e.at, "%s: false is ignored; an app is stopped when its whole process tree is gone", e.key)
	return true
}

// isUser tells PM2's uid, the user to run as, from that of npm's forever, a
// second name: it is a number, has a gid beside it, or stands in an array apps,
// which npm's files do not have.
func (l *loader) isUser(n *node, e *entry) bool {
	return e.value.kind == number || n.find("gid") != nil || l.underApps
}

// fillAs gives an entry's value to the option of another name.
func (l *loader) fillAs(s *Settings, name string, e *entry) error {
	o, _ := l.option(name)
	err := fillEntry(s, o, e)
	s.origin.note(o.Name, e.value.at)
	return err
}

// portEntry is PM2's short form of a variable.
func portEntry(e *entry) *entry {
	inner := &entry{key: "PORT", at: e.at, value: e.value}
	return &entry{key: e.key, at: e.at, value: &node{kind: table, at: e.value.at, entries: []*entry{inner}}}
}

// fillBool notes whether an entry says what it is asked about.
func fillBool(into **bool, e *entry, is bool) error {
	if e.value.kind != boolean && e.value.kind != text {
		return wrongEntry(e, "wants true or false, not "+e.value.String())
	}
	on, err := parseBool(e.value.text)
	if err != nil {
		return wrongEntry(e, "wants true or false, not "+e.value.String())
	}
	on = on == is
	*into = &on
	return nil
}

// wrongEntry is the error of an entry's value.
func wrongEntry(e *entry, message string) error {
	return (&ValueError{Option: Kebab(e.key), Message: message}).in(e.key, e.value.at)
}

// fillFilter takes which of the caller's variables the program does not get:
// all of them, one, or those whose names contain one of some texts.
func fillFilter(s *Settings, e *entry) error {
	switch e.value.kind {
	case boolean:
		s.FilterEnv = nil
		if e.value.text == "true" {
			s.FilterEnv = []string{""} // which every name contains
		}
		return nil
	case text:
		s.FilterEnv = []string{"=" + e.value.text}
		return nil
	case list:
		var words []string
		for _, item := range e.value.items {
			if item.kind != text && item.kind != number {
				return wrongEntry(e, "wants the names of variables, not "+item.String())
			}
			words = append(words, item.text)
		}
		s.FilterEnv = words
		return nil
	}
	return wrongEntry(e, "wants true, false, a name or an array of names, not "+e.value.String())
}

// noFile takes PM2's words for no file at all.
func noFile(s *Settings, e *entry) bool {
	o, known := Lookup(e.key)
	if !known || e.value.text != "NULL" && (o.Name != "log-file" || e.value.text != "false") {
		return false
	}
	switch o.Name {
	case "out-file":
		s.OutFile = os.DevNull
	case "err-file":
		s.ErrFile = os.DevNull
	case "log-file", "pid-file": // there is none unless one is asked for
	default:
		return false
	}
	return true
}

// watchOptions takes what means something of the options of chokidar, the
// library that watches for PM2.
func (l *loader) watchOptions(s *Settings, e *entry) error {
	if e.value.kind != table {
		return wrongEntry(e, "wants an object of chokidar's options, not "+e.value.String())
	}
	for _, option := range e.value.entries {
		if option.value.kind == null {
			continue
		}
		if err := l.watchOption(s, e.key, option); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) watchOption(s *Settings, key string, e *entry) error {
	switch value := e.value; e.key {
	case "ignored":
		return l.fillAs(s, "watch-ignore", &entry{key: key + "." + e.key, at: e.at, value: value})
	case "awaitWriteFinish":
		if value.kind != table {
			return nil // it has to be quiet in any case
		}
		if quiet := value.find("stability-threshold"); quiet != nil {
			return l.fillAs(s, "watch-delay", &entry{key: key + "." + quiet.key, at: quiet.at, value: quiet.value})
		}
		return nil
	case "persistent", "ignoreInitial", "usePolling", "followSymlinks", "atomic", "ignorePermissionErrors":
		usual := e.key != "usePolling" && e.key != "followSymlinks"
		if value.text == strconv.FormatBool(usual) {
			return nil // it is so
		}
	}
	l.idle = append(l.idle, idleKey{key + "." + e.key, e.at})
	return nil
}
