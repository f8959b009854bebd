package cluster

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serve starts n instances of the Go server and waits until all of them answer.
func (w *world) serve(n int) (address string) {
	w.t.Helper()
	address = net.JoinHostPort("127.0.0.1", freePort(w.t))
	w.cluster(n, nil, goServer, "tcp4/"+address)
	w.everyInstanceAnswers(n, address)
	return address
}

// replaced waits until none of these processes is an instance's, and all have one.
func (w *world) replaced(pids []int) {
	w.t.Helper()
	w.until("new processes", func() bool {
		now := w.pids()
		return !slices.Contains(now, 0) && !slices.ContainsFunc(now, func(pid int) bool { return slices.Contains(pids, pid) })
	})
}

// Processes are killed, one and all at once; meanwhile nobody is refused, and what
// was not being answered is answered by the next.
func TestKilledInstances(t *testing.T) {
	w := newWorld(t)
	address := w.serve(3)
	const clients, kills = 4, 4
	l := newLoad(t, address, clients, false)
	l.answered(100)
	for round := range kills {
		pids := w.pids()
		victims := pids
		if round%2 == 0 {
			victims = pids[round/2 : round/2+1]
		}
		for _, pid := range victims {
			w.kill(pid)
		}
		w.replaced(victims)
		l.answered(100)
	}
	c := l.end()
	if c.refused > 0 {
		t.Errorf("%d of %d requests were refused", c.refused, c.answered)
	}
	// One for each client in each round was being answered, at most.
	if c.failed > clients*kills {
		t.Errorf("%d requests failed, the first with: %v", c.failed, c.first)
	}
	w.everyInstanceAnswers(3, address)
}

// forever's own processes are killed while clients ask; they do not notice.
func TestKilledPair(t *testing.T) {
	w := newWorld(t)
	address := w.serve(2)
	pids := w.pids()
	short, long := newLoad(t, address, 2, false), newLoad(t, address, 2, true)
	for range 3 {
		p := w.ping()
		w.kill(p.SupervisorPID)
		short.answered(50)
		w.until("another supervisor", func() bool { return w.ping().SupervisorPID != p.SupervisorPID })
		p = w.ping()
		w.kill(p.ShimPID)
		long.answered(50)
		w.until("another shim", func() bool { return w.ping().ShimPID != p.ShimPID })
	}
	short.whole()
	long.whole()
	if now := w.pids(); !slices.Equal(now, pids) {
		t.Errorf("the processes were %v and are %v", pids, now)
	}
	// What was adopted is still shared and steered.
	w.kill(pids[0])
	w.replaced(pids[:1])
	w.everyInstanceAnswers(2, address)
	w.must("reload", "web")
	w.everyInstanceAnswers(2, address)
}

// A bind that a supervisor has heard of when it is killed is answered by the next.
func TestKilledWhileItAnswers(t *testing.T) {
	w := newWorld(t)
	address := w.serve(2)
	l := newLoad(t, address, 1, false)
	for range 4 {
		p, pids := w.ping(), w.pids()
		w.kill(pids[0]) // its successor binds in a moment
		timer := time.NewTimer(time.Duration(rand.IntN(8000)) * time.Microsecond)
		<-timer.C // any moment will do
		w.kill(p.SupervisorPID)
		w.replaced(pids[:1])
		w.everyInstanceAnswers(2, address)
	}
	if c := l.end(); c.refused > 0 {
		t.Errorf("%d of %d requests were refused", c.refused, c.answered)
	}
}

// With all instances stopped for a moment connections wait, and are answered.
func TestConnectionsWait(t *testing.T) {
	w := newWorld(t)
	address := w.serve(2)
	for _, pid := range w.pids() {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		w.until("the halt of all its threads", func() bool { return halted(pid) })
	}
	answers := make(chan error, 20)
	for range cap(answers) {
		c, err := dial(address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		go func() {
			_, _, err := c.request(false)
			answers <- err
		}()
	}
	for _, pid := range w.pids() {
		w.kill(pid) // what they have not accepted, their successors do
	}
	for range cap(answers) {
		if err := <-answers; err != nil {
			t.Errorf("a connection that waited: %v", err)
		}
	}
}

// halted: no thread of the process runs any more (T of proc_pid_stat(5)).
func halted(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, path := range threads {
		text, err := os.ReadFile(path)
		if _, state, _ := strings.Cut(string(text), ") "); err != nil || !strings.HasPrefix(state, "T") {
			return false
		}
	}
	return len(threads) > 0
}
