// Package program finds out what a user means by the program they typed:
// which file it is, and what has to read it. It looks and never executes.
package program

import (
	"path/filepath"
	"strings"
)

// Caller is the side of the user that the search depends on.
type Caller struct {
	// Cwd is the absolute folder that relative paths start from, also those of
	// interpreters and in PATH.
	Cwd string
	// Dirs are the absolute folders that a relative script is looked up in, in
	// this order; empty means Cwd alone.
	Dirs []string
	// Env is the environment, K=V; PATH, HOME and (on Windows) PATHEXT are
	// looked up here and never in our own environment.
	Env []string
}

// Found is a program that can be executed.
type Found struct {
	// Script is the absolute path of the file, symbolic links kept: a program
	// may look at the name it was called by.
	Script string
	// Interpreter is the absolute path of what reads Script; empty when Script
	// is executed itself.
	Interpreter string
	// InterpreterArgs stand between the interpreter and the script.
	InterpreterArgs []string
	// Name is what the app is called if nobody gives it a name: the base name
	// without its suffix, for a folder the name in its package.json.
	Name string
}

// None is the command that stands for "no interpreter: execute the file itself".
const None = "none"

// Find returns the program that typed means. The order is: a file at that
// path, the path with one of Suffixes added, a folder with a package.json or an
// index.js, a name on PATH; a folder that is no program hides nothing.
//
// Command is the interpreter the user wants, split as a shell splits a line;
// empty leaves the choice to the file, None executes the file itself.
// InterpreterArgs follow the command's own arguments and stay as they are.
//
// Every error is an *Error.
func Find(c Caller, typed, command string, interpreterArgs []string) (Found, error) {
	if typed == "" {
		return Found{}, &Error{Exit: ExitNotFound, Message: "no program was named"}
	}
	f := finder{caller: c, typed: typed, path: ExpandHome(typed, c.Env)}
	place, err := f.locate(command != "" && command != None)
	if err != nil {
		return Found{}, err
	}
	found, err := f.interpret(place.file, command, interpreterArgs)
	if err != nil {
		return Found{}, err
	}
	found.Name = place.name
	if found.Name == "" {
		found.Name = BaseName(place.file)
	}
	return found, nil
}

// finder is one search.
type finder struct {
	caller Caller
	typed  string // for messages
	path   string // typed with ~ replaced
}

// BaseName returns the last part of a path without its suffix. What follows the
// last dot is a suffix only if it starts with a letter: python3.11 keeps it.
func BaseName(path string) string {
	base := filepath.Base(path)
	ext := filepath.Ext(base)
	if len(ext) < 2 || len(ext) == len(base) || !isLetter(ext[1]) {
		return base
	}
	return strings.TrimSuffix(base, ext)
}

func isLetter(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// ExpandHome replaces a leading ~ by the user's home, for paths that no shell has seen.
func ExpandHome(path string, env []string) string {
	home := Getenv(env, "HOME")
	if home == "" || path != "~" && !strings.HasPrefix(path, "~/") {
		return path
	}
	return filepath.Join(home, path[1:])
}
