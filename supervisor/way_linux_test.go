package supervisor

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"forever/internal/wire"
)

func TestWay(t *testing.T) {
	tests := map[string]struct {
		env    []string
		script string
		user   bool
		refuse error
		kind   string
		lends  string
		says   string
	}{
		"by itself":             {kind: bySeccomp},
		"seccomp, PORT is none": {env: []string{"PORT=80"}, kind: bySeccomp},
		"not to be had":         {refuse: errors.New("no filters"), kind: byNothing, says: "not shared: no filters; "},
		"then what is asked":    {env: []string{wayVar + "=seccomp"}, refuse: errors.New("no filters"), kind: bySeccomp},
		"Node":                  {script: "/x/a.mjs", refuse: errors.New("no filters"), kind: byNode, says: "no filters"},
		"Node with a port":      {script: "/bin/node", env: []string{"PORT=80"}, refuse: errors.New("no filters"), kind: byNode, lends: "[[::]:80]", says: "sockets of [::]:80"},
		"Node with a pipe":      {script: "/bin/node", env: []string{"PORT=/run/x"}, refuse: errors.New("no filters"), kind: byNothing, says: `not "/run/x"`},
		"Node of another user":  {script: "/x/a.js", user: true, refuse: errors.New("no filters"), kind: byNothing, says: "not shared"},
		"none":                  {env: []string{wayVar + "=none"}, kind: byNothing, says: "not shared: by " + wayVar},
		"LISTEN_FDS":            {env: []string{"PORT=80", wayVar + "=listen_fds"}, kind: byFDs, lends: "[[::]:80]", says: "LISTEN_FDS: it is given sockets of [::]:80"},
		"LISTEN_FDS at some":    {env: []string{"PORT=80", wayVar + "=listen_fds:127.0.0.1:81,[::1]:82,83"}, kind: byFDs, lends: "[127.0.0.1:81 [::1]:82 [::]:83]"},
		"LISTEN_FDS without":    {env: []string{wayVar + "=listen_fds"}, kind: byNothing, says: "PORT=NUMBER"},
		"LISTEN_FDS at none":    {env: []string{wayVar + "=listen_fds:x:1"}, kind: byNothing, says: `not "x:1"`},
		"port 0":                {env: []string{wayVar + "=listen_fds:127.0.0.1:0"}, kind: byNothing, says: "127.0.0.1:0"},
		"the last one counts":   {env: []string{wayVar + "=none", wayVar + "=node"}, kind: byNode},
		"another word":          {env: []string{wayVar + "=pm2"}, kind: byNothing, says: "has to be seccomp, listen_fds, node or none"},
	}
	could := canReport
	t.Cleanup(func() { canReport = could })
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			canReport = func() error { return test.refuse }
			a := &app{spec: wire.Spec{Script: test.script, Env: test.env}}
			if test.user {
				a.spec.User = &wire.Identity{UID: 1}
			}
			w := (&Supervisor{}).way(a)
			if test.lends == "" {
				test.lends = "[]"
			}
			if w.kind != test.kind || fmt.Sprint(w.lends) != test.lends || !strings.Contains(w.String(), test.says) {
				t.Errorf("%+v: %s", w, w)
			}
		})
	}
}
