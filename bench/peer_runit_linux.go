package main

import "path/filepath"

func runitKind(tools string) *kind {
	bin := filepath.Join(tools, "debian", "root", "usr", "bin")
	return &kind{
		Subject: Subject{Name: "runit", Settings: "runsv and svlogd for each app, run scripts in sh, svlogd keeps 20 × 100 MB (its default of 10 × 1 MB would lose lines)"},
		needs:   []string{filepath.Join(bin, "runsvdir"), filepath.Join(bin, "svlogd")}, most: 500,
		version: debianVersion(tools, "runit"), detached: true, linked: true,
		open: func(s *session) peer {
			s.env[0] = "PATH=" + bin + ":" + s.env[0][len("PATH="):] // runsvdir looks for runsv
			return &runitPeer{scanned{s, func(dir string) []string { return []string{"svlogd", dir} }}, bin}
		},
	}
}

// runitPeer is runit: a tree of small processes under runsvdir.
type runitPeer struct {
	scanned
	bin string
}

func (p *runitPeer) prepare(jobs []job) error {
	if err := p.scanned.prepare(jobs); err != nil {
		return err
	}
	for _, j := range jobs {
		if err := p.write(p.logDir(j.name)+"/config", "s100000000\nn20\n", 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (p *runitPeer) batch(jobs []job) error {
	if err := p.link(jobs); err != nil {
		return err
	}
	return p.revive()
}

func (p *runitPeer) revive() error { return p.spawn(filepath.Join(p.bin, "runsvdir"), p.folder()) }

func (p *runitPeer) add(j job) error { return p.link([]job{j}) }

func (p *runitPeer) list() error    { return p.sv("status") }
func (p *runitPeer) stopAll() error { return p.sv("-w 20 stop") }

func (p *runitPeer) restart(name string) error {
	return p.run(filepath.Join(p.bin, "sv"), "-w", "20", "restart", filepath.Join(p.folder(), name))
}

func (p *runitPeer) sv(command string) error {
	return p.run("/bin/sh", "-c", "exec "+filepath.Join(p.bin, "sv")+" "+command+" "+p.folder()+"/*")
}
