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

	"forever/internal/proc"
	"forever/pidfile"
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

// killBoth kills both processes of forever, so that none acts for the other, and
// waits until what only they had open is closed.
func (w *world) killBoth() {
	w.t.Helper()
	p := w.ping()
	var pair []proc.Entry
	for _, pid := range []int{p.ShimPID, p.SupervisorPID} {
		id, err := pidfile.Identify(pid)
		if err != nil {
			w.t.Fatal(err)
		}
		pair = append(pair, proc.Entry{PID: pid, Start: id.Start})
	}
	for _, sig := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGKILL} {
		if err := proc.SignalAll(pair, sig); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := proc.WaitGone(w.ctx, pair); err != nil {
		w.t.Fatal(err)
	}
}

// Both processes of forever die at once, again and again: the servers go on, and
// whoever comes next has them share and steers as before.
func TestKilledBoth(t *testing.T) {
	w := newWorld(t)
	address := w.serve(3)
	pids := w.pids()
	for round := range 2 {
		w.killBoth()
		for range 20 { // nobody steers, and all who are there answer
			if pid, err := ask(address); err != nil || !slices.Contains(pids, pid) {
				t.Fatalf("%d answers, of %v (%v)", pid, pids, err)
			}
		}
		l := newLoad(t, address, 2, false)
		l.answered(50)
		w.must("start", "--name", fmt.Sprint("other", round), "/bin/sleep", "1000") // it adopts
		if now := w.pids(); !slices.Equal(now, pids) {
			t.Fatalf("the processes were %v and are %v", pids, now)
		}
		for _, in := range w.web().Instances {
			if !strings.Contains(in.Sharing, "seccomp") || !strings.Contains(in.Sharing, "had died") {
				t.Errorf("instance %d: %s", in.Index, in.Sharing)
			}
		}
		w.everyInstanceAnswers(3, address)
		w.kill(pids[round])
		w.replaced(pids[round : round+1])
		w.everyInstanceAnswers(3, address)
		w.kill(w.ping().SupervisorPID)
		l.answered(50)
		if c := l.end(); c.refused > 0 || c.failed > 2 { // those that it was answering
			t.Errorf("of %d requests %d were refused and %d failed, the first with: %v", c.answered, c.refused, c.failed, c.first)
		}
		pids = w.pids()
	}
	w.steersAndReloads(3, address)
}

// steersAndReloads: nothing goes to an instance that is away, and a reload loses nothing.
func (w *world) steersAndReloads(n int, address string) {
	w.t.Helper()
	w.must("stop", "web:1")
	w.only(address, 1)
	w.must("start", "web:1")
	w.everyInstanceAnswers(n, address)
	pids := w.pids()
	l := newLoad(w.t, address, 2, false)
	l.answered(50)
	if a := w.must("reload", "web"); strings.Contains(a.out+a.err, "restarted, not reloaded") {
		w.t.Errorf("the reload: %v", a)
	}
	w.replaced(pids)
	l.answered(50)
	l.whole()
	w.everyInstanceAnswers(n, address)
	w.must("stop", "web")
	isFree(w.t, address)
}

// only asks often: one instance is away and answers nobody.
func (w *world) only(address string, away int) {
	w.t.Helper()
	pids := w.pids()
	for range 60 {
		if pid, err := ask(address); err != nil || pid == pids[away] || !slices.Contains(pids, pid) {
			w.t.Fatalf("%d answers, of %v without number %d (%v)", pid, pids, away, err)
		}
	}
}
