package program

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// interpret decides what executes the file.
func (f *finder) interpret(file, command string, args []string) (Found, error) {
	switch command {
	case "":
		return f.byFile(file, args)
	case None:
		return f.itself(file, args)
	default:
		return f.byCommand(file, command, args)
	}
}

// byCommand uses the interpreter that the user named.
func (f *finder) byCommand(file, command string, args []string) (Found, error) {
	words, err := Split(command)
	if err != nil {
		return Found{}, f.notFound("close the quote", "command %q: %v", command, err)
	}
	if len(words) == 0 {
		return Found{}, f.notFound("name an interpreter, or leave the option out", "command %q is blank", command)
	}
	interpreter, err := f.need(file, ExpandHome(words[0], f.caller.Env))
	if err != nil {
		return Found{}, err
	}
	return Found{Script: file, Interpreter: interpreter, InterpreterArgs: append(words[1:], args...)}, nil
}

// itself executes the file because the user said so; the kernel may know more
// formats than we do.
func (f *finder) itself(file string, args []string) (Found, error) {
	if !mayExecute(file, f.caller.Env) {
		return Found{}, f.noExecuteBit(file)
	}
	if len(args) > 0 {
		return Found{}, f.argsWithoutInterpreter(file)
	}
	return Found{Script: file}, nil
}

// byFile goes by the file: executed itself if it can be, else by its suffix.
func (f *finder) byFile(file string, args []string) (Found, error) {
	head := readHead(file)
	executable := mayExecute(file, f.caller.Env)
	switch {
	case executable && head.script && executesScripts:
		return f.byHashBang(file, head, args)
	case executable && head.binary:
		if len(args) > 0 {
			return Found{}, f.argsWithoutInterpreter(file)
		}
		return Found{Script: file}, nil
	}
	if names := interpretersOf(filepath.Ext(file)); names != nil {
		interpreter, err := f.need(file, names...)
		return Found{Script: file, Interpreter: interpreter, InterpreterArgs: args}, err
	}
	if !executable {
		return Found{}, f.noExecuteBit(file)
	}
	return Found{}, f.cannotExecute("give it a first line such as #!/bin/sh, name its interpreter with -c COMMAND, or insist with -c none",
		"%q has the execute bit but neither a #! line nor a binary format", file)
}

// byHashBang checks the interpreter that the script's first line names. It is
// called by us, not by the kernel, only where arguments must come before the script.
func (f *finder) byHashBang(file string, h head, args []string) (Found, error) {
	name, ownArgs := h.interpreter()
	interpreter, err := f.needHashBang(file, name)
	if err != nil {
		return Found{}, err
	}
	if len(args) == 0 {
		return Found{Script: file}, nil
	}
	return Found{Script: file, Interpreter: interpreter, InterpreterArgs: append(ownArgs, args...)}, nil
}

// needHashBang returns the absolute path of the interpreter in a #! line.
func (f *finder) needHashBang(file, name string) (string, error) {
	if strings.HasSuffix(name, "\r") {
		return "", f.notFound(`sed -i 's/\r$//' `+Quote(file),
			"%q names the interpreter %q: its lines end as on Windows", file, name)
	}
	if name == "" {
		return "", f.cannotExecute("write the interpreter after #!", "%q has a #! line that names no interpreter", file)
	}
	return f.need(file, name)
}

// need returns the absolute path of the first of some interpreters that is
// there, or the error that says which are missing.
func (f *finder) need(file string, names ...string) (string, error) {
	for _, name := range names {
		if path := LookPath(f.caller, name); path != "" {
			return path, nil
		}
	}
	name := names[0]
	if !isBareName(name) {
		for _, path := range f.caller.paths(name) {
			if exists(path) {
				return "", f.cannotExecute("chmod +x "+Quote(path), "the interpreter %q of %q cannot be executed", name, file)
			}
		}
	}
	return "", f.notFound(installHint(name), "the interpreter %s of %q was not found%s", quoteAll(names), file, whereSought(name))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func whereSought(name string) string {
	if isBareName(name) {
		return " on PATH"
	}
	return ""
}

// quoteAll names the best interpreter and, in brackets, the others.
func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return quoted[0] + " (or " + strings.Join(quoted[1:], " or ") + ")"
}

func (f *finder) noExecuteBit(file string) error {
	return f.cannotExecute("chmod +x "+Quote(file)+", or name its interpreter with -c COMMAND",
		"%q has no execute permission and no suffix that names an interpreter", file)
}

func (f *finder) argsWithoutInterpreter(file string) error {
	return f.cannotExecute("leave the interpreter's arguments out, or name the interpreter with -c COMMAND",
		"%q is executed itself and has no interpreter that could take arguments", file)
}
