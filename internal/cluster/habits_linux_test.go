package cluster

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/need"
)

// Programs that bind on a thread, execute themselves before and after, or have a child
// that binds too share as any other.
func TestHabits(t *testing.T) {
	for _, habit := range []string{"thread", "exec", "fork"} {
		t.Run(habit, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			address, second := net.JoinHostPort("127.0.0.1", freePort(t)), net.JoinHostPort("127.0.0.1", freePort(t))
			w.cluster(2, nil, habits, habit, address, second)
			w.everyInstanceAnswers(2, address)
			if habit == "fork" {
				w.everyInstanceAnswers(2, second)
			}
			pids := w.pids()
			w.kill(pids[1])
			w.replaced(pids[1:])
			w.everyInstanceAnswers(2, address)
			w.must("stop", "web")
			isFree(t, address)
			isFree(t, second)
		})
	}
}

// A program that waits for its bind to be answered, and later in accept, takes its
// signals as ever: their handlers run, the call goes on, and a signal that ends it does.
func TestSignalsWhileItWaits(t *testing.T) {
	w := newWorld(t)
	address, notes := net.JoinHostPort("127.0.0.1", freePort(t)), w.dir+"/notes"
	w.cluster(2, nil, habits, "signal", address, notes)
	pids := w.pids()
	for _, pid := range pids {
		w.until("its handlers", func() bool { return catches(w, pid, unix.SIGUSR2) })
	}
	if _, err := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", pids[0])); err != nil { // kernel.yama.ptrace_scope
		t.Skip("SKIPPED: nobody may see here in which call a program waits: ", err)
	}
	supervisor := w.ping().SupervisorPID
	w.signal(supervisor, syscall.SIGSTOP) // nobody answers, nor hears of anything
	w.until("the halt of all its threads", func() bool { return halted(supervisor) })
	for _, pid := range pids {
		w.signal(pid, syscall.SIGUSR2)
		w.inCall(pid, unix.SYS_BIND)
		w.signal(pid, syscall.SIGUSR1)
		w.noted(notes, pid, syscall.SIGUSR1, 1)
		w.inCall(pid, unix.SYS_BIND)
	}
	w.signal(pids[1], syscall.SIGTERM)
	w.noted(notes, pids[1], syscall.SIGTERM, 1)
	w.signal(supervisor, syscall.SIGCONT)
	w.replaced(pids[1:]) // it ended with a failure

	w.until("an answer", func() bool { pid, err := ask(address); return err == nil && pid == pids[0] })
	w.inCall(pids[0], unix.SYS_ACCEPT4)
	w.signal(pids[0], syscall.SIGUSR1)
	w.noted(notes, pids[0], syscall.SIGUSR1, 2)
	if pid, err := ask(address); err != nil || pid != pids[0] {
		t.Errorf("after a signal %d answers (%v), not %d", pid, err, pids[0])
	}
	w.must("stop", "web")
	w.noted(notes, pids[0], syscall.SIGTERM, 1)
}

// inCall waits until a process's main thread waits in a system call (proc_pid_syscall(5)).
func (w *world) inCall(pid int, nr int) {
	w.t.Helper()
	w.until("its system call", func() bool {
		return strings.HasPrefix(w.read(fmt.Sprintf("/proc/%d/syscall", pid)), fmt.Sprint(nr, " "))
	})
}

// noted waits until a process has noted a signal so often.
func (w *world) noted(notes string, pid int, sig syscall.Signal, times int) {
	w.t.Helper()
	w.until(fmt.Sprint("its note of ", sig), func() bool {
		return strings.Count(w.read(notes), fmt.Sprintln(pid, sig)) == times
	})
}

// catches: the process has a handler for a signal (SigCgt in proc_pid_status(5)).
func catches(w *world, pid int, sig syscall.Signal) bool {
	var mask uint64
	_, err := fmt.Sscanf(statusLine(w, pid, "SigCgt"), "%x", &mask)
	return err == nil && mask&(1<<(sig-1)) != 0
}

// statusLine is a value of proc_pid_status(5).
func statusLine(w *world, pid int, name string) string {
	for line := range strings.Lines(w.read(fmt.Sprintf("/proc/%d/status", pid))) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// lookScript writes what a program finds itself with, and stays.
const lookScript = `#!/bin/sh
env | sed 's/=.*//' | sort >"$1/$name.env"
ls /proc/$$/fd >"$1/$name.fds"
exec sleep 1000
`

// Without -i a program has no filter and gives up no privileges; with it, it has the
// filter and, for that, what describe says, and nothing else: the same descriptors and
// the same variables.
func TestWithoutCluster(t *testing.T) {
	w := newWorld(t)
	w.lookAround()
	own := os.Getpid()
	for name, filters := range map[string]int{"plain": 0, "shared": 1} {
		in := w.app(name).Instances[0]
		if got := w.filters(in.PID) - w.filters(own); got != filters {
			t.Errorf("%s has %d filters", name, got)
		}
		want := statusLine(w, own, "NoNewPrivs")
		if strings.Contains(in.Sharing, "no_new_privs") {
			want = "1"
		}
		if got := statusLine(w, in.PID, "NoNewPrivs"); got != want {
			t.Errorf("%s: NoNewPrivs is %s, want %s; describe says %q", name, got, want, in.Sharing)
		}
		if got := in.Sharing != ""; got != (name == "shared") {
			t.Errorf("%s: describe says %q", name, in.Sharing)
		}
	}
	for _, what := range []string{"env", "fds"} {
		shared, plain := w.read(filepath.Join(w.dir, "shared."+what)), w.read(filepath.Join(w.dir, "plain."+what))
		if shared != plain {
			t.Errorf("with -i %s are %q, and %q without", what, shared, plain)
		}
	}
}

// Root that may not do everything, as in a container, gets a filter only for giving up
// new privileges, and only with -i.
func TestNewPrivilegesInDocker(t *testing.T) {
	need.Root(t)
	w := newWorld(t)
	w.jail = []string{jailRole}
	w.lookAround()
	for name, want := range map[string]string{"plain": statusLine(w, os.Getpid(), "NoNewPrivs"), "shared": "1"} {
		in := w.app(name).Instances[0]
		if got := statusLine(w, in.PID, "NoNewPrivs"); got != want {
			t.Errorf("%s: NoNewPrivs is %s, want %s; describe says %q", name, got, want, in.Sharing)
		}
	}
	if in := w.app("shared").Instances[0]; !strings.Contains(in.Sharing, "no_new_privs") {
		t.Errorf("describe says %q", in.Sharing)
	}
}

// lookAround starts a program with -i and one without, and waits until both have
// written what they find.
func (w *world) lookAround() {
	w.t.Helper()
	script := w.file("look.sh", lookScript)
	w.must("start", "--name", "shared", "-i", "1", script, w.dir)
	w.must("start", "--name", "plain", script, w.dir)
	for _, name := range []string{"shared", "plain"} {
		w.until("its exec", func() bool {
			return strings.HasPrefix(w.read(fmt.Sprintf("/proc/%d/cmdline", w.app(name).Instances[0].PID)), "sleep")
		})
	}
}

// filters is how many seccomp filters a process has (Seccomp_filters, Linux 5.9).
func (w *world) filters(pid int) int {
	w.t.Helper()
	n, err := strconv.Atoi(statusLine(w, pid, "Seccomp_filters"))
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}
