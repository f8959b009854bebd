package supervisor

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/listener"
)

func TestParsePlace(t *testing.T) {
	for text, want := range map[string][2]int{"0": {0, 0}, "7": {7, 7}, "3@0": {3, 0}, "0@12": {0, 12}} {
		if place, at, err := parsePlace(text); err != nil || place != want[0] || at != want[1] {
			t.Errorf("%q is %d, %d (%v), want %v", text, place, at, err, want)
		}
	}
	for _, text := range []string{"", "x", "-1", "1@", "@1", "1@-1", "1@x", "1@2@3", "1000000", "1@1000000"} {
		if place, at, err := parsePlace(text); !errors.Is(err, listener.ErrName) {
			t.Errorf("%q is %d, %d (%v)", text, place, at, err)
		}
	}
}

// A supervisor was killed while it took sockets back, before the first of them was
// kept: the next lets go of what there is and harms no socket, since programs have them.
func TestLetsGoOfAPart(t *testing.T) {
	c := runningCluster(t, 2)
	programs := 0
	for name, fd := range c.held {
		switch {
		case strings.HasSuffix(name, "/0"):
			programs, _ = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
			unix.Close(fd)
			delete(c.held, name)
		case strings.HasSuffix(name, "/1"):
			c.held[strings.TrimSuffix(name, "/1")+"/0@1"] = fd
			delete(c.held, name)
		}
	}
	n := c.next()
	n.do(func() {
		if groups := n.s.byName("web").groups; len(groups) > 0 {
			t.Errorf("it has a group with %d sockets", groups[0].size())
		}
	})
	if names := n.HeldNames(); len(names) != 1 || names[0] != pendingName {
		t.Errorf("the shim keeps %v", names)
	}
	if on, err := unix.GetsockoptInt(programs, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err != nil || on != 1 {
		t.Errorf("the program's socket listens: %d (%v)", on, err)
	}
	unix.Close(programs)
}
