package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// errand has a new process do something, and returns how many nanoseconds of the
// processor that took.
type errand func() (ns int64, err error)

// errands are whole programs that are heavy on system calls, from exec to exit. Each
// is prepared in a folder.
var errands = map[string]func(dir string) (errand, error){
	"dd": copyBlocks, "find": findFiles, "tar": archiveFiles, "git": askGit, "sqlite3": fillDatabase,
}

// prepareErrand prepares one of the errands, or has a work done so often.
func prepareErrand(name, times, dir string) (errand, error) {
	if prepare, ok := errands[name]; ok {
		return prepare(dir)
	}
	return func() (int64, error) {
		cmd := exec.Cmd{Path: "/proc/self/exe", Args: []string{"bench-once", name, times, dir}, Stderr: os.Stderr}
		said, err := cmd.Output()
		if err != nil {
			return 0, fmt.Errorf("do %q: %w", name, err)
		}
		return strconv.ParseInt(strings.TrimSpace(string(said)), 10, 64)
	}, nil
}

// run makes an errand of a command without output. With input that is what it reads.
func run(input []byte, name string, args ...string) (errand, error) {
	path, err := exec.LookPath(name)
	return func() (int64, error) {
		cmd := exec.Command(path, args...)
		if input != nil {
			cmd.Stdin = bytes.NewReader(input)
		}
		if err := cmd.Run(); err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		return int64(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()), nil
	}, err
}

// copyBlocks is the worst case of a program: two cheap calls for each block.
func copyBlocks(string) (errand, error) {
	return run(nil, "dd", "if=/dev/zero", "of=/dev/null", "bs=512", "count=10000", "status=none")
}

// makeTree makes a tree of 1000 small files in 111 folders, once.
func makeTree(dir string) error {
	for i := range 1000 {
		path := filepath.Join(dir, strconv.Itoa(i/100), strconv.Itoa(i/10), strconv.Itoa(i))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := os.WriteFile(path, make([]byte, 10*i), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// findFiles has find look at each file of a tree, and not at the names alone.
func findFiles(dir string) (errand, error) {
	if err := makeTree(dir); err != nil {
		return nil, err
	}
	return run(nil, "find", dir, "-size", "+1M")
}

// archiveFiles has tar read each file. It would not if it saw that its output is
// /dev/null.
func archiveFiles(dir string) (errand, error) {
	if err := makeTree(dir); err != nil {
		return nil, err
	}
	return run(nil, "tar", "-cf", dir+".tar", "-C", dir, ".")
}

// askGit has git compare a tree with what it knows of it.
func askGit(dir string) (errand, error) {
	if err := makeTree(dir); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, ".git")); err != nil {
		for _, args := range [][]string{
			{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "-qm", "all"},
		} {
			if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
				return nil, fmt.Errorf("git %s: %w: %s", args[0], err, out)
			}
		}
	}
	return run(nil, "git", "--no-optional-locks", "-C", dir, "status", "--porcelain")
}

// fillDatabase has sqlite3 make a hundred transactions in a new file: locks, pages and
// a journal for each.
func fillDatabase(dir string) (errand, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var script bytes.Buffer
	script.WriteString("PRAGMA synchronous=OFF; DROP TABLE IF EXISTS t; CREATE TABLE t (n INTEGER PRIMARY KEY, word TEXT);\n")
	for i := range 100 {
		fmt.Fprintf(&script, "INSERT INTO t VALUES (%d, 'word %d'); SELECT word FROM t WHERE n = %d;\n", i, i, i/2)
	}
	return run(script.Bytes(), "sqlite3", filepath.Join(dir, "database"))
}
