package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

func pm2Kind(tools string) *kind {
	bin := filepath.Join(tools, "npm", "pm2", "node_modules", ".bin", "pm2")
	return &kind{
		Subject: Subject{Name: "pm2", Settings: "defaults (fork mode, min_uptime 1000 ms, max_restarts 16, no delay)"},
		needs:   []string{bin}, most: 500, shares: true,
		version: packageVersion(tools, "pm2"),
		open: func(s *session) peer {
			s.env = append(s.env, "PM2_HOME="+filepath.Join(s.dir, "pm2"))
			return &pm2Peer{s, bin}
		},
	}
}

// pm2Peer is PM2: one daemon in Node for all programs.
type pm2Peer struct {
	*session
	bin string
}

func (p *pm2Peer) file() string { return filepath.Join(p.dir, "apps.json") }

func (p *pm2Peer) prepare(jobs []job) error {
	var apps []map[string]any
	for _, j := range jobs {
		apps = append(apps, map[string]any{"name": j.name, "script": j.path, "args": j.args, "interpreter": "none"})
	}
	return p.writeJSON(p.file(), map[string]any{"apps": apps})
}

func (p *pm2Peer) batch(jobs []job) error {
	if len(jobs) == 1 {
		return p.add(jobs[0])
	}
	return p.run(p.bin, "start", p.file())
}

func (p *pm2Peer) add(j job) error {
	args := []string{p.bin, "start", j.path, "--name", j.name, "--interpreter", "none", "--"}
	return p.run(append(args, j.args...)...)
}

func (p *pm2Peer) list() error    { return p.run(p.bin, "list") }
func (p *pm2Peer) stopAll() error { return p.run(p.bin, "stop", "all") }

func (p *pm2Peer) save() error               { return p.run(p.bin, "save") }
func (p *pm2Peer) revive() error             { return p.run(p.bin, "resurrect") }
func (p *pm2Peer) restart(name string) error { return p.run(p.bin, "restart", name) }
func (p *pm2Peer) reload(name string) error  { return p.run(p.bin, "reload", name) }

// share runs a script, the job's first argument: PM2's cluster mode knows Node
// alone.
func (p *pm2Peer) share(j job, n int) error {
	args := []string{p.bin, "start", j.args[0], "--name", j.name, "-i", strconv.Itoa(n), "--"}
	return p.run(append(args, j.args[1:]...)...)
}

func (p *pm2Peer) logs(name string) []string {
	return []string{filepath.Join(p.dir, "pm2", "logs", name+"-out*.log")}
}

// packageVersion reads the version of an npm package.
func packageVersion(tools, name string) func(*lab) string {
	return func(*lab) string {
		data, err := os.ReadFile(filepath.Join(tools, "npm", name, "node_modules", name, "package.json"))
		if err != nil {
			return "unknown version"
		}
		if m := regexp.MustCompile(`"version":\s*"([^"]+)"`).FindSubmatch(data); m != nil {
			return string(m[1])
		}
		return "unknown version"
	}
}
