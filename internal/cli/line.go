package cli

// line is a command line after reading: every option has its canonical name
// and carries its value with it, so that the flag library cannot split the
// words in another way than we do.
type line struct {
	globals []string // --root=DIR
	cmd     *command // nil: no action and no program was given
	implied bool     // `forever PROGRAM`: the action run was not written
	flags   []string // --max=3
	args    []string // words, or PROGRAM and its arguments as they were
	help    bool
	version bool
}

// hint is the command that explains this line.
func (l *line) hint() string {
	if l.cmd == nil || l.implied {
		return "forever help"
	}
	return "forever help " + l.cmd.name
}

// argv is the line as the library takes it.
func (l *line) argv(name string) []string {
	argv := append([]string{name}, l.globals...)
	argv = append(argv, l.cmd.name)
	argv = append(argv, l.flags...)
	argv = append(argv, "--")
	return append(argv, l.args...)
}
