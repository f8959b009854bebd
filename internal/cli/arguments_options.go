package cli

import (
	"slices"
	"strconv"
	"strings"

	"forever/internal/config"
)

// option takes one argument that begins with a dash.
func (r *reader) option(word string) error {
	if !strings.HasPrefix(word, "--") {
		return r.short(word)
	}
	typed, value, has := strings.Cut(word, "=")
	g := given{typed: typed, name: config.Kebab(typed[2:]), value: value, has: has}
	o := r.find(g.name)
	if o == nil {
		if o = r.negated(g); o != nil {
			g.name, g.value, g.has = o.name, "false", true
			return r.take(o, g)
		}
		return r.unknown(typed)
	}
	return r.take(o, g)
}

// negated is the option X that --no-X turns off, or nil.
func (r *reader) negated(g given) *option {
	name, ok := strings.CutPrefix(g.name, "no-")
	if !ok || g.has {
		return nil
	}
	if o := r.find(name); o != nil && o.kind != valued {
		return o
	}
	return nil
}

// short takes -n 50, -n50, -n=50 and -sv.
func (r *reader) short(word string) error {
	letters := word[1:]
	for i := range len(letters) { // bytes: no short option is beyond ASCII
		tail := letters[i+1:]
		g := given{typed: "-" + letters[i:i+1], name: letters[i : i+1]}
		o := r.find(g.name)
		if o == nil || (i == 0 && tail != "" && r.find(config.Kebab(letters)) != nil) {
			return r.unknown(word)
		}
		if tail != "" && (o.kind != boolean || tail[0] == '=') {
			g.value, g.has = strings.TrimPrefix(tail, "="), true
			return r.take(o, g)
		}
		if err := r.take(o, g); err != nil {
			return err
		}
	}
	return nil
}

// take completes an option with its value, and keeps it for the action if
// that is not known yet.
func (r *reader) take(o *option, g given) error {
	switch {
	case o.kind == valued && !g.has:
		if err := r.fetch(&g); err != nil {
			return err
		}
	case o.kind == boolean && g.has:
		if _, ok := truth(g.value); !ok {
			return usagef("", "option %s takes no value, got %q", g.typed, g.value)
		}
	}
	switch {
	case o.name == "help" && r.isGlobal(o):
		r.line.help = true
		return nil
	case o.name == "version" && r.isGlobal(o):
		r.line.version = true
		return nil
	case r.line.cmd == nil && !r.isGlobal(o):
		r.early = append(r.early, g)
		return nil
	}
	r.put(o, g)
	return nil
}

// fetch takes the next argument as the value. One that is an option of ours is
// more likely a forgotten value.
func (r *reader) fetch(g *given) error {
	if len(r.rest) == 0 {
		return usagef(r.line.hint(), "option %s needs a value", g.typed)
	}
	value := r.next()
	if name, ok := strings.CutPrefix(value, "--"); ok {
		name, _, _ = strings.Cut(name, "=")
		if value == "--" || r.find(config.Kebab(name)) != nil {
			return usagef("if that is meant: "+g.typed+"="+value, "option %s needs a value, got the option %s", g.typed, value)
		}
	}
	g.value, g.has = value, true
	return nil
}

// put writes the option in its canonical form to its side of the line.
func (r *reader) put(o *option, g given) {
	value := g.value
	switch on, ok := truth(value); {
	case o.kind != valued && !g.has:
		value = "true"
	case o.kind == boolean && ok:
		value = strconv.FormatBool(on)
	}
	text := "--" + o.name + "=" + value
	if r.isGlobal(o) {
		r.line.globals = append(r.line.globals, text)
	} else {
		r.line.flags = append(r.line.flags, text)
	}
}

func (r *reader) isGlobal(o *option) bool { return slices.Contains(r.globals, o) }

// find is the option that a canonical name means: of the action first, then
// the global ones. Before the action is known, run's and then everybody's
// options tell how to read the line.
func (r *reader) find(name string) *option {
	if r.line.cmd != nil {
		if o := find(r.line.cmd.all(), name); o != nil {
			return o
		}
		return find(r.globals, name)
	}
	if o := find(r.globals, name); o != nil {
		return o
	}
	if o := find(lookup(r.table, "run").all(), name); o != nil {
		return o
	}
	for _, cmd := range r.table {
		if o := find(cmd.all(), name); o != nil {
			return o
		}
	}
	return nil
}

// unknown is the error of an option that nobody has, with the nearest one.
func (r *reader) unknown(typed string) error {
	name := config.Kebab(strings.TrimLeft(typed, "-"))
	near := ""
	if r.find(name) != nil && len(name) > 1 {
		near = name // a long option behind a single dash
	} else {
		near = config.Nearest(name, r.longNames())
	}
	if near != "" {
		return usagef(r.line.hint(), "unknown option %q (did you mean --%s?)", typed, near)
	}
	return usagef(r.line.hint(), "unknown option %q", typed)
}

func (r *reader) longNames() []string {
	options := slices.Clone(r.globals)
	if r.line.cmd != nil {
		options = append(options, r.line.cmd.all()...)
	} else {
		for _, cmd := range r.table {
			options = append(options, cmd.all()...)
		}
	}
	var names []string
	for _, o := range options {
		for _, name := range append([]string{o.name}, o.aliases...) {
			if len(name) > 1 && !o.hidden {
				names = append(names, name)
			}
		}
	}
	return names
}
