package main

import (
	"os/exec"
	"path/filepath"
)

func s6Kind() *kind {
	return &kind{
		Subject: Subject{Name: "s6", Settings: "s6-supervise for each app and each log, run scripts in sh, s6-log keeps 20 × 100 MB"},
		needs:   []string{"/usr/bin/s6-svscan", "/usr/bin/s6-supervise", "/usr/bin/s6-log"}, most: 500,
		version: s6Version, detached: true,
		open: func(s *session) peer {
			logger := func(dir string) []string { return []string{"/usr/bin/s6-log", "n20", "s100000000", dir} }
			return &s6Peer{scanned{s, logger}}
		},
	}
}

// s6Version asks Debian: s6 is installed, and not unpacked like the others.
func s6Version(*lab) string {
	out, err := exec.Command("dpkg-query", "-W", "-f", "${Version}", "s6").Output()
	if err != nil {
		return "unknown version"
	}
	return string(out)
}

// s6Peer is s6: a tree of small processes under s6-svscan. Its commands are in
// /usr/bin, because s6-svscan knows s6-supervise by that path alone.
type s6Peer struct{ scanned }

func (p *s6Peer) batch(jobs []job) error {
	if err := p.link(jobs); err != nil {
		return err
	}
	return p.revive()
}

func (p *s6Peer) revive() error { return p.spawn("/usr/bin/s6-svscan", "-c", "2000", p.folder()) }

func (p *s6Peer) add(j job) error {
	if err := p.link([]job{j}); err != nil {
		return err
	}
	return p.run("/usr/bin/s6-svscanctl", "-a", p.folder())
}

func (p *s6Peer) list() error {
	return p.shell("for d in */; do s6-svstat $d || exit; done")
}

func (p *s6Peer) stopAll() error {
	return p.shell("for d in */; do s6-svc -d $d || exit; done; exec s6-svwait -D */")
}

func (p *s6Peer) restart(name string) error {
	return p.run("/usr/bin/s6-svc", "-wr", "-T", "20000", "-r", filepath.Join(p.folder(), name))
}

func (p *s6Peer) shell(script string) error {
	return p.run("/bin/sh", "-c", "cd "+p.folder()+" && { "+script+"; }")
}
