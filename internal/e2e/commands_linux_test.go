package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// commands are what a script may do beside testscript's own commands. FILE is a
// path, stdout or stderr; a PATH into JSON and OP are described at check.
//
//	code N PROGRAM [ARG…]           run it; its exit code has to be N
//	json FILE PATH OP [VALUE]       a value in a JSON file
//	json-keys FILE PATH KEY…        an object has these keys, in this order
//	json-set VAR FILE PATH          put a value into a variable
//	read VAR FILE                   put a file, trimmed, into a variable
//	mode OCTAL FILE…                the permissions of files
//	[!] empty DIR                   a folder with nothing in it
//	until APP PATH OP [VALUE]        wait for a value in `list --json`
//	wait-line FILE REGEXP           wait for a line in a file that may not exist yet
//	pid VAR APP[:INDEX]             wait for the process of an instance, and put its PID into a variable
//	pair                            put PIDs into $SUPERVISOR and $SHIM
//	[!] alive PID…                  it is the process that pid, pair or seen met
//	seen PID…                       remember processes that a program told of
//	wait-gone PID…                  wait for their ends
//	sendsig SIGNAL PID|NAME         signal a process, or a command of bg
//	bg NAME PROGRAM [ARG…]          run it beside; output in NAME.out and NAME.err
//	end NAME CODE                   wait for its end and exit code
//	pty COLUMNS PROGRAM [ARG…]      run it on a terminal; what that shows is stdout
//	hangup REGEXP PROGRAM [ARG…]    the same, and take the terminal away after a line
//	keys N REGEXP KEYS PROGRAM …    the same, and type KEYS ("^C", "^M") after a line; code N
//	screen NAME PROGRAM [ARG…]      run it beside, on a terminal of 80x24
//	shows NAME REGEXP               wait until that was drawn since the last press or resize
//	press NAME KEYS                 type on it ("^C", "^M", "^Z", "^[")
//	resize NAME COLUMNS ROWS        make it larger or smaller
//	left NAME CODE                  wait for its end and exit code; the terminal is as before
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"code":      positive(2, code),
		"json":      positive(3, jsonIs),
		"json-keys": positive(3, jsonKeys),
		"json-set":  positive(3, jsonSet),
		"read":      positive(2, read),
		"mode":      positive(2, mode),
		"empty":     empty,
		"until":     positive(3, until),
		"wait-line": positive(2, waitLine),
		"pid":       positive(2, pid),
		"pair":      positive(0, pair),
		"alive":     alive,
		"seen":      positive(1, seen),
		"wait-gone": positive(1, waitGone),
		"sendsig":   positive(2, sendsig),
		"bg":        positive(2, background),
		"end":       positive(2, end),
		"pty":       positive(2, onTerminal),
		"hangup":    positive(2, hangup),
		"keys":      positive(4, keys),
		"screen":    positive(2, openScreen),
		"shows":     positive(2, shows),
		"press":     positive(2, press),
		"resize":    positive(3, resize),
		"left":      positive(2, left),
	}
}

// positive is a command that cannot be negated, with least arguments.
func positive(least int, run func(*testscript.TestScript, []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("it cannot be negated")
		}
		if len(args) < least {
			ts.Fatalf("it needs at least %d arguments", least)
		}
		ts.Check(run(ts, args))
	}
}

func code(ts *testscript.TestScript, args []string) error {
	want, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	return exitedWith(ts.Exec(args[1], args[2:]...), want)
}

// exitedWith compares the end of a command, a death by signal n as 128+n.
func exitedWith(err error, want int) error {
	var exit *exec.ExitError
	got := 0
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
		if status := exit.Sys().(syscall.WaitStatus); status.Signaled() {
			got = 128 + int(status.Signal())
		}
	case err != nil:
		return err
	}
	if got != want {
		return fmt.Errorf("exit code %d, not %d", got, want)
	}
	return nil
}

func read(ts *testscript.TestScript, args []string) error {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
	return nil
}

func mode(ts *testscript.TestScript, args []string) error {
	for _, file := range args[1:] {
		info, err := os.Lstat(ts.MkAbs(file))
		if err != nil {
			return err
		}
		if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
			return fmt.Errorf("%s has mode %s, not %s", file, got, args[0])
		}
	}
	return nil
}

func empty(ts *testscript.TestScript, neg bool, args []string) {
	for _, dir := range args {
		entries, err := os.ReadDir(ts.MkAbs(dir))
		ts.Check(err)
		if (len(entries) == 0) == neg {
			ts.Fatalf("%s: %v", dir, entries)
		}
	}
}
