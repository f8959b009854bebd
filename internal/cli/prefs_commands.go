package cli

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"forever/internal/config"
	"forever/internal/render"
)

func prefsExits() []exit {
	return []exit{{"0", "done"}, {"1", "the file of defaults cannot be read or written"}, {"2", "the command line was wrong"}}
}

func configCommand() *command {
	return &command{
		name: "config", synopsis: []string{"config [options]"},
		brief:    "print your defaults",
		about:    "What forever set and forever columns have put into config.json in the root.",
		options:  []*option{{name: "json", usage: "the file as it is"}},
		examples: []example{{"forever config", "what did I set?"}},
		exits:    prefsExits(),
		run:      (*call).config,
	}
}

func (c *call) config() error {
	p, err := readPrefs(c.root)
	if err != nil {
		return err
	}
	if c.opts.Bool("json") {
		return encodeJSON(c.out, p, "  ")
	}
	var lines []string
	if p.Root != "" {
		lines = append(lines, "root: "+p.Root)
	}
	if len(p.Columns) > 0 {
		lines = append(lines, "columns: "+strings.Join(p.Columns, ","))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Options)) {
		lines = append(lines, name+": "+p.Options[name])
	}
	if len(lines) == 0 {
		c.say("no defaults of your own: forever set KEY VALUE")
		return nil
	}
	_, err = fmt.Fprintln(c.out, strings.Join(lines, "\n"))
	return err
}

func setCommand() *command {
	return &command{
		name: "set", shape: targets, least: 2, most: 2, words: "KEY VALUE", counts: true,
		synopsis: []string{"set KEY VALUE"},
		brief:    "set a default of your own",
		about: `KEY is an option of start by its name without dashes; the default holds for apps that
are started from now on, unless their command line or their config file says
something else. "columns" are those of list, with commas between them. "root" is
the folder to take where neither --root nor FOREVER_ROOT names one.`,
		examples: []example{{"forever set kill-timeout 3s", "for every app that says nothing else"}},
		exits:    prefsExits(),
		complete: prefKeys,
		run:      func(c *call) error { return c.set(c.args[0], c.args[1]) },
	}
}

func (c *call) set(key, value string) error {
	switch config.Kebab(key) {
	case "root":
		return c.setDefaultRoot(value)
	case "columns":
		return c.setColumns(columnNames([]string{value}), func(_, names []string) []string { return names })
	}
	if c.ofNpm(key) {
		return nil
	}
	o, err := c.settable(key)
	if err != nil {
		return err
	}
	if err := o.Set(&config.Settings{}, value); err != nil {
		return err
	}
	return c.changePrefs(func(p *prefs) {
		if p.Options == nil {
			p.Options = map[string]string{}
		}
		p.Options[o.Name] = value
	}, "apps that say nothing else start with --%s %s", o.Name, value)
}

// ofNpm tells of a setting of npm's forever that has no meaning here.
func (c *call) ofNpm(key string) bool {
	if !slices.Contains([]string{"pid-path", "sock-path", "loglength", "logstream"}, config.Kebab(key)) {
		return false
	}
	c.note("%s is a setting of npm's forever that has no meaning here, and is ignored", key)
	return true
}

// settable is the option that a key means, where a default of it makes sense.
func (c *call) settable(key string) (config.Option, error) {
	o, known := config.Lookup(key)
	var names []string
	for _, option := range config.Options() {
		if !ofOneApp(option.Name) {
			names = append(names, option.Name)
		}
	}
	switch {
	case known && slices.Contains(names, o.Name):
		return o, nil
	case known:
		return o, usagef("", "%s belongs to one app; it cannot be a default", o.Name)
	}
	hint := c.line.hint()
	if near := config.Nearest(config.Kebab(key), append(names, "root", "columns")); near != "" {
		hint = "did you mean " + near + "?"
	}
	return o, usagef(hint, "there is no option %q", key)
}

// ofOneApp tells the options that would make no sense for every app.
func ofOneApp(name string) bool {
	return slices.Contains([]string{"script", "args", "name", "uid", "pid-file", "force", "wait"}, name)
}

// setDefaultRoot writes into the usual root, which is looked at first.
func (c *call) setDefaultRoot(dir string) error {
	home, err := homeFolder()
	if err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return fmt.Errorf("find the folder: %w", err)
	}
	c.root = filepath.Join(home, ".forever")
	return c.changePrefs(func(p *prefs) { p.Root = dir }, "the root is %s, where nothing else names one", dir)
}

func clearCommand() *command {
	return &command{
		name: "clear", shape: targets, least: 1, most: 1, words: "one KEY",
		synopsis: []string{"clear KEY"},
		brief:    "forget a default of your own",
		about:    "KEY is what forever set took; forever config shows what there is.",
		examples: []example{{"forever clear kill-timeout", "the usual time again"}},
		exits:    prefsExits(),
		complete: prefKeys,
		run:      func(c *call) error { return c.clear(c.args[0]) },
	}
}

func (c *call) clear(key string) error {
	switch config.Kebab(key) {
	case "root":
		home, err := homeFolder()
		if err != nil {
			return err
		}
		c.root = filepath.Join(home, ".forever")
		return c.changePrefs(func(p *prefs) { p.Root = "" }, "the root is the usual one again")
	case "columns":
		return c.changePrefs(func(p *prefs) { p.Columns = nil }, "list shows the usual columns")
	}
	if c.ofNpm(key) {
		return nil
	}
	name := config.Kebab(key)
	if o, known := config.Lookup(key); known {
		name = o.Name
	}
	p, err := readPrefs(c.root)
	if err != nil {
		return err
	}
	if _, has := p.Options[name]; !has { // else it goes, whichever version wrote it
		if _, err := c.settable(key); err != nil {
			return err
		}
		c.say("%s had no default of yours", name)
		return nil
	}
	return c.changePrefs(func(p *prefs) { delete(p.Options, name) }, "%s has no default of yours any more", name)
}

// changePrefs changes the file and says what that means.
func (c *call) changePrefs(change func(*prefs), meaning string, a ...any) error {
	p, err := readPrefs(c.root)
	if err != nil {
		return err
	}
	change(&p)
	if err := writePrefs(c.root, p); err != nil {
		return err
	}
	c.say(meaning, a...)
	return nil
}

func prefKeys(*call) []candidate {
	list := []candidate{{word: "root"}, {word: "columns"}}
	for _, o := range config.Options() {
		if !ofOneApp(o.Name) {
			list = append(list, candidate{o.Name, o.Usage})
		}
	}
	return list
}

func columnsCommand() *command {
	return &command{
		name: "columns", shape: targets, least: 1, words: "add, rm, set or reset",
		synopsis: []string{"columns add|rm|set NAME…", "columns reset"},
		brief:    "choose the columns of list",
		about:    "The columns are " + strings.Join(render.Columns(), ", ") + ".\nadd puts some to the right, rm takes some away, set names all of them in their order.",
		examples: []example{{"forever columns add uid logfile", "two more"}, {"forever columns reset", "the usual ones"}},
		exits:    prefsExits(),
		complete: func(*call) []candidate {
			var list []candidate
			for _, name := range append([]string{"add", "rm", "set", "reset"}, render.Columns()...) {
				list = append(list, candidate{word: name})
			}
			return list
		},
		run: (*call).columns,
	}
}

func (c *call) columns() error {
	names := columnNames(c.args[1:])
	switch action := c.args[0]; {
	case action == "reset" && len(names) == 0:
		return c.clear("columns")
	case action != "add" && action != "rm" && action != "set" || len(names) == 0:
		return usagef(c.line.hint(), "columns needs add, rm or set and the names of columns, or reset")
	case action == "set":
		return c.setColumns(names, func(_, names []string) []string { return names })
	case action == "add":
		return c.setColumns(names, func(have, names []string) []string { return append(have, without(names, have)...) })
	}
	return c.setColumns(names, without)
}

// columnNames are the names in some words, with commas or blanks between them.
func columnNames(words []string) []string {
	return strings.FieldsFunc(strings.Join(words, " "), func(r rune) bool { return r == ' ' || r == ',' })
}

func without(have, names []string) []string {
	return slices.DeleteFunc(slices.Clone(have), func(name string) bool { return slices.Contains(names, name) })
}

// setColumns changes the columns by some names.
func (c *call) setColumns(names []string, change func(have, names []string) []string) error {
	p, err := readPrefs(c.root)
	if err != nil {
		return err
	}
	have := p.Columns
	if len(have) == 0 {
		have = render.UsualColumns()
	}
	if slices.Contains(names, "forever") {
		c.note("there is no column forever: one process is there for all apps, see forever ping")
		names = without(names, []string{"forever"})
	}
	for _, name := range names {
		if !slices.Contains(render.Columns(), name) {
			return noColumn(name)
		}
	}
	columns := change(have, names)
	if len(columns) == 0 {
		return usagef("forever columns reset", "list needs at least one column")
	}
	return c.changePrefs(func(p *prefs) { p.Columns = columns }, "list shows %s", strings.Join(columns, ", "))
}

func noColumn(name string) error {
	hint := "the columns are " + strings.Join(render.Columns(), ", ")
	if near := config.Nearest(name, render.Columns()); near != "" {
		hint = "did you mean " + near + "?"
	}
	return usagef(hint, "there is no column %q", name)
}
