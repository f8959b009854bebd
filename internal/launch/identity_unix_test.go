//go:build unix

package launch

import (
	"io"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/need"
	"forever/internal/wire"
)

// says runs a shell by the plan and returns what it prints.
func says(t *testing.T, script string, set func(p *wire.Plan)) string {
	t.Helper()
	p := plan(t)
	p.File, p.Argv = "/bin/sh", []string{"sh", "-c", script}
	set(p)
	pid, output, err := start(t, p)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(output)
	if err != nil {
		t.Fatal(err)
	}
	reap(t, pid)
	return strings.Join(strings.Fields(string(text)), " ")
}

func TestNice(t *testing.T) {
	need.Command(t, "nice")
	mine, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	nice := 19
	if got := says(t, "nice", func(p *wire.Plan) { p.Nice = &nice }); got != "19" {
		t.Errorf("its priority is %s, want 19", got)
	}
	if now, _ := unix.Getpriority(unix.PRIO_PROCESS, 0); now != mine {
		t.Errorf("ours has become %d, from %d", now, mine)
	}
}

func TestUser(t *testing.T) {
	need.Root(t)
	need.Command(t, "id")
	id := &wire.Identity{UID: 65534, GID: 12345, Groups: []int{12345, 23456}}
	for name, share := range map[string]bool{"alone": false, "with a filter": true} {
		t.Run(name, func(t *testing.T) {
			got := says(t, "id -u; id -g; id -G", func(p *wire.Plan) { p.User, p.Share = id, share })
			if got != "65534 12345 12345 23456" {
				t.Errorf("it runs as %q", got)
			}
		})
	}
}

func TestUserWithoutRoot(t *testing.T) {
	need.NonRoot(t)
	p := plan(t)
	p.User = &wire.Identity{UID: 1, GID: 1, Groups: []int{1}}
	_, _, err := start(t, p)
	if err == nil || !strings.Contains(err.Error(), "become user 1, group 1: operation not permitted") {
		t.Errorf("got %v", err)
	}
}
