package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/client"
	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// A random test deals out so many deaths, or what it can in its time; ten times as
// many and as long when it is told to take its time.
const (
	kills     = 100
	stormTime = 15 * time.Second
)

// Supervisor and shim die at random moments, while programs run, crash and
// print, and a client starts, stops and restarts. Nobody may notice.
func TestRandomKills(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newStorm(w)
	s.add("steady0", "steady1", "steady2", "volatile0", "volatile1")
	s.addRole("lines0", "lines", "700")
	s.addRole("lines1", "lines", "1900")
	s.addRole("volatile2", "lines", "20000") // slow enough to come to rest: start waits for that
	s.add("many", "-i", "3")
	s.crash("crash0", "exit", "1")
	s.crash("crash2", "exit", "0", "--restart", "always")
	// One that is up for long enough, so that the shim starts it by a standing order.
	s.crash("crash1", "brief", "30", "--min-uptime", "10")

	s.rage(kills, func() bool { return rand.IntN(10) < 6 })
	s.check()
	w.must("stopall")
	for _, name := range []string{"lines0", "lines1", "volatile2"} {
		w.checkLines(name)
	}
	w.pairGone()
}

// Both die in one moment, again and again. The next command that changes
// something finds what lives, and what was printed meanwhile.
func TestRandomKillsOfBoth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newStorm(w)
	s.add("steady0", "steady1", "volatile0", "volatile1", "volatile2")
	s.addRole("lines0", "lines", "1900")
	s.crash("crash0", "exit", "1")
	s.crash("crash1", "brief", "30", "--min-uptime", "10")
	s.both = true
	s.rage(kills/5, nil)
	s.check()
	w.must("stopall")
	w.checkLines("lines0")
	w.pairGone()
}

// storm is a random test under way.
type storm struct {
	w       *world
	both    bool
	steady  map[string]*proc.Handle
	mutable []*volatile
}

// volatile is an app that the client changes, as the client knows it.
type volatile struct {
	name    string
	process *proc.Handle // nil: it was stopped
}

func newStorm(w *world) *storm { return &storm{w: w, steady: map[string]*proc.Handle{}} }

// add starts apps that sleep; options may follow a name.
func (s *storm) add(words ...string) {
	s.w.t.Helper()
	for i, name := range words {
		if strings.HasPrefix(name, "-") {
			break
		}
		var options []string
		if i+1 < len(words) && strings.HasPrefix(words[i+1], "-") {
			options = words[i+1:]
		}
		s.w.start(name, options, "sleep")
		s.know(name)
	}
}

func (s *storm) addRole(name string, role ...string) {
	s.w.t.Helper()
	s.w.start(name, nil, role...)
	s.know(name)
}

// know keeps the process that an app has now.
func (s *storm) know(name string) {
	s.w.t.Helper()
	h := s.w.hold(s.w.pid(name))
	if strings.HasPrefix(name, "volatile") {
		s.mutable = append(s.mutable, &volatile{name, h})
	} else {
		s.steady[name] = h
	}
}

// crash starts an app that dies at once, whatever start says to that.
func (s *storm) crash(name, role, arg string, options ...string) {
	args := append([]string{"start", "--name", name, "--backoff", "20..300"}, options...)
	s.w.run(append(args, play, role, arg)...)
}

// rage kills so often; gentle says each time whether it is to be the supervisor.
func (s *storm) rage(times int, gentle func() bool) {
	s.w.t.Helper()
	span := stormTime
	if long {
		times, span = times*10, span*10
	}
	ended := make(chan error, 1)
	go func() { ended <- s.kill(times, time.Now().Add(span), gentle) }()
	for {
		select {
		case err := <-ended:
			if err != nil {
				s.w.t.Fatal(err)
			}
			return
		default:
			s.command()
			s.checkDoubles()
			if s.w.t.Failed() {
				<-ended
				return
			}
		}
	}
}

// kill deals out so many deaths, each at a random moment after the last one healed.
func (s *storm) kill(times int, until time.Time, gentle func() bool) error {
	for i := range times {
		if time.Now().After(until) {
			s.w.t.Logf("%d deaths of %d: the machine is busy", i, times)
			break
		}
		p, err := s.healthy()
		if err != nil {
			return fmt.Errorf("ping after a death: %w", err)
		}
		pause := time.NewTimer(time.Duration(rand.IntN(40_000)) * time.Microsecond)
		<-pause.C // only to meet another moment each time
		switch {
		case s.both:
			err = errors.Join(strike(p.SupervisorPID, syscall.SIGSTOP), strike(p.ShimPID, syscall.SIGSTOP),
				strike(p.SupervisorPID, syscall.SIGKILL), strike(p.ShimPID, syscall.SIGKILL))
		case gentle():
			err = strike(p.SupervisorPID, syscall.SIGKILL)
		default:
			err = strike(p.ShimPID, syscall.SIGKILL)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// healthy waits until a supervisor answers that has a shim. With both dead somebody has to
// start them first: the client's next command does.
func (s *storm) healthy() (wire.Ping, error) {
	for {
		p, err := s.w.client.Ping(s.w.ctx)
		switch {
		case s.both && errors.Is(err, client.ErrNoSupervisor):
		case err != nil:
			return p, err
		case !ended(p.ShimPID):
			return p, nil
		}
		// Else its shim has died, and it is about to take its place: if it died
		// now too, nobody would be left.
	}
}

// ended says whether nobody has a PID, or a zombie.
func ended(pid int) bool {
	id, err := pidfile.Identify(pid)
	return err != nil || !id.Alive()
}

// strike signals a process of forever and, after SIGKILL, waits for its end. One
// that has ended by itself is no error.
func strike(pid int, sig syscall.Signal) error {
	id, err := pidfile.Identify(pid)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	if err != nil {
		return err
	}
	h, err := proc.Open(pid, id.Start)
	if err != nil {
		return nil // gone since
	}
	defer h.Close()
	if args := argv(pid); len(args) < 2 || !strings.HasPrefix(args[1], "__") {
		return nil // the number is another's by now
	}
	if err := h.Signal(sig); err != nil || sig != syscall.SIGKILL {
		return nil // gone since
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return h.Wait(ctx)
}

// command carries out one random command, which has to succeed.
func (s *storm) command() {
	s.w.t.Helper()
	if rand.IntN(8) == 0 { // while it ends and comes back; it may end once more before that is told
		s.w.run("restart", "crash1")
		s.w.must("stop", "crash1")
		s.w.run("start", "crash1")
	}
	v := s.mutable[rand.IntN(len(s.mutable))]
	if v.process != nil && v.process.Exited() {
		s.w.t.Errorf("the process of %s has ended by itself", v.name)
		return
	}
	action := []string{"start", "restart"}[rand.IntN(2)]
	if v.process != nil {
		action = []string{"stop", "restart"}[rand.IntN(2)]
	}
	s.w.must(action, v.name)
	if v.process != nil && !v.process.Exited() {
		s.w.t.Errorf("%s %s has returned, and the process lives", action, v.name)
	}
	v.process = nil
	if action != "stop" {
		v.process = s.process(v.name)
	}
}

// process holds the one process of an app, as the list tells it. With both dead
// the list comes from the state file, which may be older: the process is looked for.
func (s *storm) process(name string) *proc.Handle {
	s.w.t.Helper()
	apps, _, err := s.w.client.Apps(s.w.ctx, client.Query{})
	if err != nil {
		s.w.t.Fatalf("list: %v", err)
	}
	i := slices.IndexFunc(apps, func(a wire.App) bool { return a.Name == name })
	if i < 0 {
		s.w.t.Fatalf("%s is not in the list", name)
	}
	pids := s.w.heads()[apps[i].UID+":0"]
	if len(pids) != 1 {
		s.w.t.Fatalf("%s has the processes %v after it was started\n%s", name, pids, s.w.show())
	}
	return s.w.hold(pids[0])
}

// checkDoubles fails if an instance has two living processes at one moment.
func (s *storm) checkDoubles() {
	s.w.t.Helper()
	for key, pids := range s.w.heads() {
		if len(pids) > 1 && living(pids) > 1 {
			s.w.t.Errorf("%s has the processes %v\n%s", key, pids, s.w.show())
		}
	}
}

// living counts processes that live at one moment. The table is not of one
// moment: it may show one process and the one that came after it.
func living(pids []int) (n int) {
	var handles []*proc.Handle
	for _, pid := range pids {
		id, err := pidfile.Identify(pid)
		if err != nil {
			continue
		}
		if h, err := proc.Open(pid, id.Start); err == nil {
			handles = append(handles, h)
		}
	}
	for _, h := range handles {
		if !h.Exited() {
			n++
		}
		defer h.Close()
	}
	return n
}

// check is what must hold when the storm is over.
func (s *storm) check() {
	w := s.w
	w.t.Helper()
	for _, a := range w.must("list", "--json").apps(w) {
		if strings.HasPrefix(a.Name, "crash") {
			if a.Restarts == 0 {
				w.t.Errorf("%s was never started again", a.Name)
			}
			w.must("stop", a.Name)
		}
	}
	w.must("start", "--name", "last", play, "sleep") // heals, where nobody was left to
	w.consistent()
	w.lives(s.steady)
	for name := range s.steady {
		if in := w.instance(name); in.Restarts != 0 {
			w.t.Errorf("%s was restarted %d times", name, in.Restarts)
		}
	}
	for _, v := range s.mutable {
		in := w.instance(v.name)
		if v.process == nil && in.Status != wire.Stopped {
			w.t.Errorf("%s was stopped, and is %s", v.name, in.Status)
		}
		if v.process != nil && (v.process.Exited() || in.Status != wire.Online) {
			w.t.Errorf("%s was running, and is %s: PID %d", v.name, in.Status, in.PID)
		}
	}
}

// checkLines reads the log of an app with the role "lines", which was stopped:
// of each process every line is there once, in order, with the last.
func (w *world) checkLines(name string) {
	w.t.Helper()
	next := map[string]int{}   // of each process the number that comes next
	ended := map[string]bool{} // it has said how many there were
	text := w.read("logs/" + name + "-out.log")
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		var pid string
		var n int
		if _, err := fmt.Sscanf(line, "line %s %d", &pid, &n); err == nil && n == next[pid]+1 && !ended[pid] {
			next[pid] = n
			continue
		}
		if _, err := fmt.Sscanf(line, "line %s end %d", &pid, &n); err == nil && n == next[pid] && !ended[pid] {
			ended[pid] = true
			continue
		}
		w.t.Errorf("%s: line %d is %q, after %d of that process (ended: %v)", name, i+1, line, next[pid], ended[pid])
		return
	}
	for pid := range next {
		if !ended[pid] {
			w.t.Errorf("%s: process %s has no last line, only %d", name, pid, next[pid])
		}
	}
	w.t.Logf("%s: %d processes, %d bytes", name, len(next), len(text))
}
