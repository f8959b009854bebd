package config

import (
	"os"
	"strings"
	"time"

	"forever/internal/wire"
)

// watchOptions say which changes of files start the program anew.
func watchOptions() []Option {
	return []Option{{
		Name: "watch", Aliases: []string{"w"}, Kind: Bool, Category: CategoryWatch,
		Usage: "start it anew when a file in its working folder changes", Set: setWatch, setList: setWatchList,
	}, {
		Name: "watch-directory", Kind: Strings, Placeholder: "DIR", Category: CategoryWatch,
		Usage: "watch this folder, and all below it, instead; may be repeated", Set: addText(watchDirsOf),
	}, {
		Name: "watch-ignore", Aliases: []string{"ignore-watch", "watch-ignore-patterns"}, Kind: Strings, Placeholder: "PATTERN", Category: CategoryWatch,
		Usage: "do not watch these, written as in .gitignore; beside node_modules, .git and .foreverignore", Set: addText(watchIgnoreOf),
	}, {
		Name: "watch-delay", Kind: Duration, Placeholder: "DURATION", Category: CategoryWatch,
		Usage: "how long it has to be quiet after a change (default: 150ms)",
		Set:   setDuration(func(s *Settings) []**time.Duration { return []**time.Duration{&s.WatchDelay} }),
	}, {
		Name: "ext", Kind: List, Placeholder: "SUFFIXES", Category: CategoryWatch,
		Usage: "watch only files with these suffixes, e.g. js,mjs,json (default: all)", Set: setExt,
	}}
}

func watchDirsOf(s *Settings) *[]string   { return &s.WatchDirs }
func watchIgnoreOf(s *Settings) *[]string { return &s.WatchIgnore }

// setWatch takes PM2's one folder, too.
func setWatch(s *Settings, value string) error {
	on, err := parseBool(value)
	if err != nil {
		if err := addText(watchDirsOf)(s, value); err != nil {
			return err
		}
		on = true
	}
	s.Watch = &on
	return nil
}

// setWatchList takes PM2's folders.
func setWatchList(s *Settings, dirs []string) error {
	for _, dir := range dirs {
		if err := addText(watchDirsOf)(s, dir); err != nil {
			return err
		}
	}
	on := len(dirs) > 0
	s.Watch = &on
	return nil
}

// addText adds a text to a list.
func addText(field func(*Settings) *[]string) setter {
	return func(s *Settings, value string) error {
		var text string
		if err := setText(func(*Settings) *string { return &text })(s, value); err != nil {
			return err
		}
		list := field(s)
		*list = append((*list)[:len(*list):len(*list)], text)
		return nil
	}
}

func setExt(s *Settings, value string) error {
	ext := s.Ext[:len(s.Ext):len(s.Ext)] // a flag may be repeated
	for _, word := range strings.Split(value, ",") {
		word = strings.TrimPrefix(strings.TrimSpace(word), ".")
		if word == "" || strings.ContainsAny(word, "/\x00") {
			return wrong("wants suffixes such as js,mjs,json, not %q", value)
		}
		ext = append(ext, word)
	}
	s.Ext = ext
	return nil
}

// watch is what is watched; a folder that was named wants to be.
func (s *Settings) watch(c Caller, cwd string) (*wire.Watch, error) {
	w := &wire.Watch{
		On: deref(s.Watch, len(s.WatchDirs) > 0), Ignore: s.WatchIgnore, Ext: s.Ext,
		DelayMS: deref(s.WatchDelay, 0).Milliseconds(),
	}
	for _, dir := range s.WatchDirs {
		dir = absolute(c.Cwd, dir, c.Env)
		if info, err := os.Stat(dir); w.On && (err != nil || !info.IsDir()) {
			return nil, &ValueError{Option: "watch-directory", Message: "cannot be " + dir + ": it is not a folder"}
		}
		w.Dirs = append(w.Dirs, dir)
	}
	if len(w.Dirs) == 0 && w.On {
		w.Dirs = []string{cwd}
	}
	if !w.On && w.Ignore == nil && w.Ext == nil && w.DelayMS == 0 && w.Dirs == nil {
		return nil, nil // nobody said anything
	}
	return w, nil
}
