package main

import "path/filepath"

func npmKind(tools string) *kind {
	bin := filepath.Join(tools, "npm", "forever", "node_modules", ".bin", "forever")
	return &kind{
		Subject: Subject{Name: "npm forever", Settings: "defaults (minUptime 1000 ms, no spinSleepTime)"},
		needs:   []string{bin}, most: 100, // 24 MB and a Node of its own for each
		version: packageVersion(tools, "forever"),
		open:    func(s *session) peer { return &npmPeer{s, bin} },
	}
}

// npmPeer is npm's forever 4: a monitor in Node for each program.
type npmPeer struct {
	*session
	bin string
}

func (p *npmPeer) file() string { return filepath.Join(p.dir, "apps.json") }

// The first argument stands where npm's forever expects a script.
func (p *npmPeer) prepare(jobs []job) error {
	var apps []map[string]any
	for _, j := range jobs {
		apps = append(apps, map[string]any{
			"uid": j.name, "append": true, "command": j.path, "script": j.args[0], "args": j.args[1:], "sourceDir": "/",
		})
	}
	return p.writeJSON(p.file(), apps)
}

func (p *npmPeer) batch(jobs []job) error {
	if len(jobs) == 1 {
		return p.add(jobs[0])
	}
	return p.run(p.bin, "start", p.file())
}

func (p *npmPeer) add(j job) error {
	return p.run(append([]string{p.bin, "start", "-a", "--uid", j.name, "-c", j.path}, j.args...)...)
}

func (p *npmPeer) list() error    { return p.run(p.bin, "list") }
func (p *npmPeer) stopAll() error { return p.run(p.bin, "stopall") }

func (p *npmPeer) restart(name string) error { return p.run(p.bin, "restart", name) }

func (p *npmPeer) logs(name string) []string {
	return []string{filepath.Join(p.dir, "root", name+".log")}
}
