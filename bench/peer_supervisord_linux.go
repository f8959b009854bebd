package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

func supervisordKind(tools string) *kind {
	root := filepath.Join(tools, "debian", "root")
	return &kind{
		Subject: Subject{Name: "supervisord", Settings: "defaults (startsecs 1, autorestart unexpected, logs rotate at 50 MB and 10 are kept), minfds 16384"},
		needs:   []string{"/usr/bin/python3", filepath.Join(root, "usr/bin/supervisord")}, most: 500,
		version: debianVersion(tools, "supervisor"),
		open: func(s *session) peer {
			s.env = append(s.env, "PYTHONPATH="+filepath.Join(root, "usr/lib/python3/dist-packages"))
			return &supervisordPeer{session: s, bin: filepath.Join(root, "usr/bin")}
		},
	}
}

// supervisordPeer is supervisord, as Debian has it.
type supervisordPeer struct {
	*session
	bin string
}

const supervisordConf = `[supervisord]
logfile=%[1]s/supervisord.log
pidfile=%[1]s/supervisord.pid
minfds=16384
[unix_http_server]
file=%[1]s/supervisord.sock
[supervisorctl]
serverurl=unix://%[1]s/supervisord.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[include]
files=%[1]s/conf.d/*.conf
`

func (p *supervisordPeer) conf() string { return filepath.Join(p.dir, "supervisord.conf") }

func (p *supervisordPeer) prepare(jobs []job) error {
	if err := p.write(p.conf(), fmt.Sprintf(supervisordConf, p.dir), 0o644); err != nil {
		return err
	}
	for _, j := range jobs {
		text := fmt.Sprintf("[program:%s]\ncommand=%s %s\nstdout_logfile=%s/logs/%[1]s.log\nstderr_logfile=%[4]s/logs/%[1]s.err\n",
			j.name, j.path, strings.Join(j.args, " "), p.dir)
		if err := p.write(filepath.Join(p.dir, "conf.d", j.name+".conf"), text, 0o644); err != nil {
			return err
		}
	}
	return p.write(filepath.Join(p.dir, "logs", "readme"), "", 0o644)
}

func (p *supervisordPeer) batch([]job) error {
	return p.run("/usr/bin/python3", filepath.Join(p.bin, "supervisord"), "-c", p.conf())
}

func (p *supervisordPeer) add(job) error  { return p.ctl("update") }
func (p *supervisordPeer) list() error    { return p.ctl("status") }
func (p *supervisordPeer) stopAll() error { return p.ctl("stop", "all") }

func (p *supervisordPeer) restart(name string) error { return p.ctl("restart", name) }

func (p *supervisordPeer) ctl(args ...string) error {
	return p.run(append([]string{"/usr/bin/python3", filepath.Join(p.bin, "supervisorctl"), "-c", p.conf()}, args...)...)
}

func (p *supervisordPeer) logs(name string) []string {
	return []string{filepath.Join(p.dir, "logs", name+".log*")}
}
