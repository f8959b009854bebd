package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// peer is a supervisor in a session of its own. Nothing of it runs before the
// first start. Commands return when the supervisor's own command does.
type peer interface {
	// prepare writes the files that batch and add need; it is not measured.
	prepare(jobs []job) error
	// batch starts jobs together, with whatever else has to be started for it.
	batch(jobs []job) error
	// add starts one more.
	add(j job) error
	list() error
	stopAll() error
	// restart is the command for one that runs.
	restart(name string) error
	// logs are patterns of the files with a job's output.
	logs(name string) []string
}

// sharer is a peer that runs many processes of one program on one port, and
// replaces them one by one.
type sharer interface {
	peer
	share(j job, n int) error
	reload(name string) error
}

// saver is a peer that has to be told to remember what runs.
type saver interface{ save() error }

// reviver is a peer that is started again in another way than with batch.
type reviver interface{ revive() error }

// kind is a supervisor that can be measured.
type kind struct {
	Subject
	needs    []string // files; the first that is absent makes it missing
	most     int      // more apps than that are not sane
	version  func(l *lab) string
	open     func(s *session) peer
	detached bool // the command for the first start does not return
	shares   bool // it is a sharer
	linked   bool // there is no command to start one more: a link is enough
}

// kinds are forever and its peers, in the order of the tables.
func kinds(tools string) []*kind {
	return []*kind{foreverKind(tools), npmKind(tools), pm2Kind(tools), supervisordKind(tools), runitKind(tools), s6Kind()}
}

// look finds out whether it can be measured, and its version.
func (k *kind) look(l *lab) {
	for _, path := range k.needs {
		if _, err := os.Stat(path); err != nil {
			k.Missing = filepath.Base(path) + " is not installed"
			return
		}
	}
	k.Version = k.version(l)
}

// debianVersion reads the file name of the package from which a peer came.
func debianVersion(tools, name string) func(*lab) string {
	return func(*lab) string {
		found, err := filepath.Glob(filepath.Join(tools, "debian", name+"_*.deb"))
		if err != nil || len(found) == 0 {
			return "unknown version"
		}
		parts := strings.Split(filepath.Base(found[0]), "_")
		return strings.ReplaceAll(parts[1], "%3a", ":")
	}
}

// shellScript is a run script of runit and s6 for a command.
func shellScript(words ...string) string {
	return "#!/bin/sh\nexec " + strings.Join(words, " ") + "\n"
}

// scanned are the files of runit and s6: folders with a run script, linked
// into a folder that is scanned.
type scanned struct {
	*session
	logger func(dir string) []string // the command that writes the log
}

func (p *scanned) service(name string) string { return filepath.Join(p.dir, "sv", name) }
func (p *scanned) folder() string             { return filepath.Join(p.dir, "scan") }
func (p *scanned) logDir(name string) string  { return filepath.Join(p.dir, "logs", name) }

func (p *scanned) logs(name string) []string {
	return []string{p.logDir(name) + "/current", p.logDir(name) + "/@*"}
}

func (p *scanned) prepare(jobs []job) error {
	if err := os.MkdirAll(p.folder(), 0o755); err != nil {
		return err
	}
	for _, j := range jobs {
		if _, err := os.Stat(p.service(j.name)); err == nil {
			continue // its scripts may be executed right now
		}
		words := append(append([]string{j.path}, j.args...), "2>&1")
		if err := p.write(p.service(j.name)+"/run", shellScript(words...), 0o755); err != nil {
			return err
		}
		script := shellScript(p.logger(p.logDir(j.name))...)
		if err := p.write(p.service(j.name)+"/log/run", script, 0o755); err != nil {
			return err
		}
		if err := os.MkdirAll(p.logDir(j.name), 0o755); err != nil {
			return err
		}
	}
	return nil
}

func (p *scanned) link(jobs []job) error {
	for _, j := range jobs {
		if err := os.Symlink(p.service(j.name), filepath.Join(p.folder(), j.name)); err != nil {
			return fmt.Errorf("link a service: %w", err)
		}
	}
	return nil
}
