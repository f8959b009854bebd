package main

import (
	"encoding/json"
	"path/filepath"
	"strconv"
)

func foreverKind(tools string) *kind {
	bin := filepath.Join(tools, "bin", "forever")
	return &kind{
		Subject: Subject{Name: Ours, Settings: "defaults"},
		needs:   []string{bin}, most: 500, shares: true,
		version: func(l *lab) string { return versionOf(bin, "version") },
		open:    func(s *session) peer { return &foreverPeer{s, bin} },
	}
}

// foreverPeer is forever itself.
type foreverPeer struct {
	*session
	bin string
}

func (p *foreverPeer) file() string { return filepath.Join(p.dir, "apps.json") }

func (p *foreverPeer) prepare(jobs []job) error {
	var apps []map[string]any
	for _, j := range jobs {
		apps = append(apps, map[string]any{"name": j.name, "script": j.path, "args": j.args})
	}
	return p.writeJSON(p.file(), apps)
}

func (p *foreverPeer) batch(jobs []job) error {
	if len(jobs) == 1 {
		return p.add(jobs[0])
	}
	return p.run(p.bin, "start", p.file())
}

func (p *foreverPeer) add(j job) error {
	return p.run(append([]string{p.bin, "start", "--name", j.name, j.path}, j.args...)...)
}

func (p *foreverPeer) list() error    { return p.run(p.bin, "list") }
func (p *foreverPeer) stopAll() error { return p.run(p.bin, "stopall") }

func (p *foreverPeer) restart(name string) error { return p.run(p.bin, "restart", name) }
func (p *foreverPeer) reload(name string) error  { return p.run(p.bin, "reload", name) }

func (p *foreverPeer) share(j job, n int) error {
	args := []string{p.bin, "start", "--name", j.name, "-i", strconv.Itoa(n), j.path}
	return p.run(append(args, j.args...)...)
}

func (p *foreverPeer) logs(name string) []string {
	return []string{filepath.Join(p.dir, "root", "logs", name+"-out.log*")}
}

func (s *session) writeJSON(path string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return s.write(path, string(data), 0o644)
}
