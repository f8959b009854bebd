package cluster

import (
	"slices"
	"strings"
	"testing"
)

// Instances come and go while clients ask, and no client notices.
func TestScale(t *testing.T) {
	w := newWorld(t)
	address := w.serve(2)
	short, long := newLoad(t, address, 2, false), newLoad(t, address, 2, true)
	for _, step := range []struct {
		to   string
		want int
	}{{"4", 4}, {"-2", 2}, {"+1", 3}, {"1", 1}, {"1", 1}, {"2", 2}} {
		before := w.pids()
		w.must("scale", "web", step.to)
		now := w.pids()
		if len(now) != step.want || slices.Contains(now, 0) {
			t.Errorf("scale to %s: processes %v", step.to, now)
		}
		if stay := min(len(before), step.want); !slices.Equal(now[:stay], before[:stay]) {
			t.Errorf("scale to %s: the processes were %v and are %v", step.to, before, now)
		}
		w.onlyInstances()
		short.answered(30)
		long.answered(30)
	}
	short.whole()
	long.whole()
	w.everyInstanceAnswers(2, address)
	if a := w.run("scale", "web", "0"); a.code == 0 || !strings.Contains(a.err, "0 is not a number of instances") {
		t.Errorf("to none: %v", a)
	}
}

// An instance that is stopped alone gets nothing, and is back when it is started.
func TestStopOneInstance(t *testing.T) {
	w := newWorld(t)
	address := w.serve(2)
	w.must("stop", "web:1")
	for range 50 {
		if pid, err := ask(address); err != nil || pid != w.pids()[0] {
			t.Fatalf("%d answers, of %v (%v)", pid, w.pids(), err)
		}
	}
	w.must("start", "web:1")
	w.everyInstanceAnswers(2, address)
}

// Whoever has to free the port finds the app behind it, and the port is free then.
func TestKillport(t *testing.T) {
	w := newWorld(t)
	address := w.serve(2)
	port := address[strings.LastIndex(address, ":")+1:]
	w.must("killport", port)
	isFree(t, address)
	if status := w.web().Status; status != "stopped" {
		t.Errorf("the app is %s", status)
	}
	w.must("start", "web")
	w.everyInstanceAnswers(2, address)
	w.must("delete", "web")
	isFree(t, address)
}

// describe tells how an instance shares its ports.
func TestDescribe(t *testing.T) {
	w := newWorld(t)
	w.serve(2)
	a := w.must("describe", "web")
	for i := range 2 {
		if in := w.web().Instances[i]; !strings.Contains(in.Sharing, "seccomp") || !strings.Contains(a.out, in.Sharing) {
			t.Errorf("instance %d: %q is not in %v", i, in.Sharing, a)
		}
	}
}
