package config

// programOptions say what is run.
func programOptions() []Option {
	return []Option{{
		Name: "script", Aliases: []string{"exec", "cmd"}, Kind: String, Placeholder: "PROGRAM", Category: CategoryProgram,
		Usage:    "the program: a script, a folder with a package.json, or a name on PATH",
		FileOnly: true, Set: setText(func(s *Settings) *string { return &s.Script }),
	}, {
		Name: "args", Kind: Strings, Placeholder: "ARGS", Category: CategoryProgram,
		Usage:  "the program's arguments, split as a shell does; on a command line better written after the program",
		Hidden: true, Set: setWords(argsOf), setList: setWordList(argsOf),
	}, {
		Name: "command", Aliases: []string{"c", "interpreter", "exec-interpreter"}, Kind: String, Placeholder: "CMD", Category: CategoryProgram,
		Usage: "what runs the script, with its arguments; none executes the script itself",
		Set:   setText(func(s *Settings) *string { return &s.Command }),
	}, {
		Name: "interpreter-args", Aliases: []string{"node-args", "interpreter-arg", "node-arg"}, Kind: Strings, Placeholder: "ARGS", Category: CategoryProgram,
		Usage: "arguments between the interpreter and the script, split as a shell does",
		Set:   setWords(interpreterArgsOf), setList: setWordList(interpreterArgsOf),
	}, {
		Name: "cwd", Aliases: []string{"working-dir", "working-directory"}, Kind: String, Placeholder: "DIR", Category: CategoryProgram,
		Usage: "the program's working folder (default: yours, in a config file the file's)",
		Set:   setText(func(s *Settings) *string { return &s.Cwd }),
	}, {
		Name: "source-dir", Kind: String, Placeholder: "DIR", Category: CategoryProgram,
		Usage: "the folder that the script's path starts from, and its working folder without --cwd",
		Set:   setText(func(s *Settings) *string { return &s.SourceDir }),
	}}
}

func argsOf(s *Settings) *[]string            { return &s.Args }
func interpreterArgsOf(s *Settings) *[]string { return &s.InterpreterArgs }
