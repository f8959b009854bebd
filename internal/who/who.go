// Package who says in a person's words what a process is: the program's name,
// its user, its command line, since when it runs, and whether it belongs to an
// app of forever. It reads; that a PID still means the same process is for
// those to check who act on it ([proc.Open]).
package who

import (
	"fmt"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"forever/internal/proc"
)

// Process is one process, described.
type Process struct {
	proc.Entry
	Name  string   // of the program, as ps would call it
	User  string   // its name, or its number if it has none; empty: unknown
	Args  []string // the whole command line; empty where it may not be seen
	Since time.Time
	App   *App // the app of forever that it belongs to, or nil
}

// Command is the command line as one would type it: arguments with blanks or
// anything that a terminal would act on are quoted.
func (p Process) Command() string {
	if len(p.Args) == 0 {
		return "[" + p.Name + "]" // as ps shows a process without one
	}
	words := make([]string, len(p.Args))
	for i, arg := range p.Args {
		words[i] = quote(arg)
	}
	return strings.Join(words, " ")
}

// Printable replaces in a name what a terminal would act on, line breaks too.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

func quote(arg string) string {
	quoted := strconv.Quote(arg)
	if arg != "" && !strings.ContainsAny(arg, " '") && quoted == `"`+arg+`"` {
		return arg
	}
	return quoted
}

// App is the app that a process was started for, by its environment.
type App struct {
	Root     string `json:"root"`
	UID      string `json:"uid"`
	Name     string `json:"name"`
	ID       int    `json:"id"`
	Instance int    `json:"instance"`
}

// String names the instance as a TARGET does.
func (a *App) String() string { return fmt.Sprintf("%s:%d", a.Name, a.Instance) }

// Same tells whether both are instances of one app.
func (a *App) Same(b App) bool { return a.Root == b.Root && a.UID == b.UID && a.Name == b.Name }

// Reader describes processes and remembers the users' names. Its zero value is
// ready; it is not for several goroutines at once.
type Reader struct {
	users map[uint32]string
}

// Describe tells all about a process. What may not be seen stays empty.
func (r *Reader) Describe(e proc.Entry) Process {
	args := Args(e.PID)
	return Process{
		Entry: e,
		Name:  nameOf(e.Comm, args, Executable(e.PID)),
		User:  r.User(e),
		Args:  args,
		Since: Started(e.Start),
		App:   AppOf(e.PID),
	}
}

// Name is the program's name alone, which costs less than Describe.
func Name(e proc.Entry) string { return nameOf(e.Comm, Args(e.PID), Executable(e.PID)) }

// nameOf finds the name behind comm, which the kernel cuts to 15 bytes, and
// which a program may change: Node calls its first thread "MainThread".
func nameOf(comm string, args []string, exe string) string {
	candidates := []string{filepath.Base(exe)}
	for _, arg := range args[:min(2, len(args))] { // the second is the script of an interpreter
		candidates = append(candidates, filepath.Base(arg))
	}
	for _, name := range candidates {
		if name == comm || len(comm) >= 15 && strings.HasPrefix(name, comm) {
			return name
		}
	}
	if exe != "" && !strings.HasPrefix(filepath.Base(exe), comm) {
		return filepath.Base(exe)
	}
	return comm
}

// LookupUser is the name of a user, or the number where it has none.
func (r *Reader) LookupUser(uid uint32) string {
	if name, ok := r.users[uid]; ok {
		return name
	}
	number := strconv.FormatUint(uint64(uid), 10)
	name := number
	if u, err := user.LookupId(number); err == nil {
		name = u.Username
	}
	if r.users == nil {
		r.users = make(map[uint32]string)
	}
	r.users[uid] = name
	return name
}

// AppOf is the app of forever that a process belongs to, by the marks in its
// environment; nil for none, and where the environment may not be seen.
func AppOf(pid int) *App {
	env, err := proc.Environ(pid)
	if err != nil {
		return nil
	}
	app := App{ID: -1, Instance: -1}
	for _, kv := range env {
		key, value, _ := strings.Cut(kv, "=")
		switch key {
		case "FOREVER_ROOT":
			app.Root = value
		case "FOREVER_UID":
			app.UID = value
		case "FOREVER_APP":
			app.Name = value
		case "FOREVER_ID":
			app.ID = number(value)
		case "FOREVER_INSTANCE":
			app.Instance = number(value)
		}
	}
	if app.Root == "" || app.Name == "" || app.ID < 0 || app.Instance < 0 {
		return nil
	}
	return &app
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}
