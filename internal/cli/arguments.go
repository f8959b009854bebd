package cli

import (
	"strconv"
)

// reader turns arguments into a line.
type reader struct {
	table   []*command
	globals []*option
	// opens reports that the first word is a file whose arguments are ours
	// (a config file), so that options may follow it.
	opens func(word string) bool

	rest  []string
	early []given // options that stood before the action
	line  line
}

// given is one option as it was written.
type given struct {
	typed string // with its dashes, without its value
	name  string // canonical spelling
	value string
	has   bool // a value was written
}

// read reads the arguments after the program's name.
func (r *reader) read(args []string) (*line, error) {
	r.rest = args
	for len(r.rest) > 0 {
		word := r.next()
		var err error
		switch {
		case word == "--":
			if r.line.cmd == nil {
				err = r.imply()
			}
			r.line.args = append(r.line.args, r.rest...)
			r.rest = nil
		case isOption(word) && !r.counts(word):
			err = r.option(word)
		case r.line.cmd == nil:
			err = r.first(word)
		default:
			r.word(word)
		}
		if err != nil {
			return nil, err
		}
	}
	if r.line.cmd == nil && len(r.early) > 0 && !r.line.help && !r.line.version {
		return nil, usagef("forever help", "no action and no program was given")
	}
	return &r.line, nil
}

func (r *reader) next() string {
	word := r.rest[0]
	r.rest = r.rest[1:]
	return word
}

// isOption tells an option from a word; "-" alone means standard input.
func isOption(word string) bool { return len(word) > 1 && word[0] == '-' }

// counts: where a number of instances is expected, -1 is one.
func (r *reader) counts(word string) bool {
	if r.line.cmd == nil || !r.line.cmd.counts {
		return false
	}
	_, err := strconv.Atoi(word)
	return err == nil
}

// first takes the first word: an action, or the program of an implied run.
func (r *reader) first(word string) error {
	if cmd := lookup(r.table, word); cmd != nil {
		return r.begin(cmd)
	}
	if err := r.imply(); err != nil {
		return err
	}
	r.word(word)
	return nil
}

// imply makes the line a run.
func (r *reader) imply() error {
	r.line.implied = true
	return r.begin(lookup(r.table, "run"))
}

// begin sets the action and gives it the options that stood before it.
func (r *reader) begin(cmd *command) error {
	r.line.cmd = cmd
	for _, g := range r.early {
		o := r.find(g.name)
		if o == nil {
			return r.unknown(g.typed)
		}
		if _, ok := truth(g.value); o.kind == valued && !g.has || o.kind == boolean && g.has && !ok {
			// Another action's option of that name told how to read it.
			return usagef(r.line.hint(), "option %s stands in front of %q and cannot be told apart", g.typed, cmd.name)
		}
		r.put(o, g)
	}
	r.early = nil
	if cmd.shape == classic {
		r.line.args, r.rest = r.rest, nil
		r.line.help = r.line.help || len(r.line.args) == 1 && (r.line.args[0] == "--help" || r.line.args[0] == "-h")
	}
	return nil
}

// word takes a word that is no option. The program's arguments follow it
// untouched.
func (r *reader) word(word string) {
	r.line.args = append(r.line.args, word)
	if r.line.cmd.shape == runs && !r.opens(word) {
		r.line.args = append(r.line.args, r.rest...)
		r.rest = nil
	}
}
