package pidfile

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
)

func identify(t *testing.T, pid int) Process {
	t.Helper()
	p, err := Identify(pid)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestThisProcessIsAlive(t *testing.T) {
	p := identify(t, os.Getpid())
	if !p.Alive() || p.IsZero() || p.PID != os.Getpid() || p.Start == 0 || p.Boot == "" {
		t.Errorf("%+v: alive %v", p, p.Alive())
	}
	if again := identify(t, os.Getpid()); again != p {
		t.Errorf("identified as %+v, then as %+v", p, again)
	}
}

func TestBootIDStays(t *testing.T) {
	first, err := BootID()
	if err != nil || first == "" || strings.TrimSpace(first) != first {
		t.Fatalf("BootID() = %q, %v", first, err)
	}
	boot.Lock()
	boot.id = "" // not from memory
	boot.Unlock()
	if second, err := BootID(); err != nil || second != first {
		t.Errorf("BootID() = %q, then %q, %v", first, second, err)
	}
}

func TestOthersWithTheSamePIDAreNotAlive(t *testing.T) {
	p := identify(t, os.Getpid())
	recycled, otherBoot := p, p
	recycled.Start++
	otherBoot.Boot = "00000000-0000-0000-0000-000000000000"
	for what, p := range map[string]Process{
		"zero":               {},
		"recycled PID":       recycled,
		"other boot":         otherBoot,
		"only a PID":         {PID: os.Getpid()},
		"every process (-1)": {PID: -1, Start: p.Start, Boot: p.Boot},
	} {
		if p.Alive() {
			t.Errorf("%s: %+v is alive", what, p)
		}
		if err := p.Check(); !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("%s: Check() = %v, want os.ErrProcessDone", what, err)
		}
	}
}

func TestNobodyHasThePID(t *testing.T) {
	c := startChild(t, "wait", nil)
	c.line(t)
	p := identify(t, c.Process.Pid)
	if !p.Alive() {
		t.Errorf("%+v runs and is not alive", p)
	}
	c.end()
	if p.Alive() {
		t.Errorf("%+v was reaped and is alive", p)
	}
	for _, pid := range []int{p.PID, 0, -1} {
		if p, err := Identify(pid); !errors.Is(err, os.ErrProcessDone) || !p.IsZero() {
			t.Errorf("Identify(%d) = %+v, %v; want os.ErrProcessDone", pid, p, err)
		}
	}
}

func TestProcessAsJSON(t *testing.T) {
	text, err := json.Marshal(Process{1, 2, "b"})
	if want := `{"pid":1,"start":2,"boot_id":"b"}`; string(text) != want || err != nil {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
}
