package cluster

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"forever/internal/need"
)

// unixServers are servers on a path.
var unixServers = map[string]func(w *world, path string) []string{
	"go": func(_ *world, path string) []string { return []string{goServer, "unix/" + path} },
	"node": func(w *world, path string) []string {
		need.Command(w.t, "node")
		return []string{testdata(w.t, "path.js"), path}
	},
	"python asyncio": func(w *world, path string) []string {
		need.Command(w.t, "python3")
		return []string{testdata(w.t, "path.py"), path}
	},
}

// Servers share the socket of a path, each as its language has it: some remove a
// file in their way, some remove theirs when they end. Nothing is left of it then.
func TestUnix(t *testing.T) {
	for name, program := range unixServers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			path := w.dir + "/sock/s"
			if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			w.cluster(2, nil, program(w, path)...)
			w.bothAnswer(path)
			for i, pid := range w.pids() {
				w.kill(pid)
				w.replaced([]int{pid})
				w.bothAnswer(path)
				w.must("restart", fmt.Sprint("web:", i)) // it ends by itself, and may remove the path
				w.bothAnswer(path)
			}
			w.must("reload", "web")
			w.bothAnswer(path)
			w.must("stop", "web")
			if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
				t.Errorf("left behind are %v (%v)", left, err)
			}
			w.must("start", "web")
			w.bothAnswer(path)
		})
	}
}

// bothAnswer has each of two instances answer, while the other one is halted.
func (w *world) bothAnswer(path string) {
	w.t.Helper()
	w.until("all instances", func() bool {
		web := w.web()
		return web.Status == "online" && !slices.Contains(w.pids(), 0)
	})
	pids := w.pids()
	for i, pid := range pids {
		w.until("its socket", func() bool { return w.holdsUnix(pid, path) })
		other := pids[1-i]
		w.signal(other, syscall.SIGSTOP)
		w.until("the halt of all its threads", func() bool { return halted(other) })
		for range 3 {
			if got, err := ask(path); err != nil || got != pid {
				w.t.Errorf("%d answers, want %d (%v)", got, pid, err)
			}
		}
		w.signal(other, syscall.SIGCONT)
	}
}

// holdsUnix: the process has a socket that listens on the path.
func (w *world) holdsUnix(pid int, path string) bool {
	if strings.HasPrefix(path, "/") {
		if _, err := os.Stat(path); err != nil {
			return false
		}
	}
	text := w.read("/proc/net/unix")
	inodes := map[string]bool{}
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) == 8 && fields[7] == path && fields[3] == "00010000" {
			inodes["socket:["+fields[6]+"]"] = true
		}
	}
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	return slices.ContainsFunc(fds, func(fd string) bool {
		link, _ := os.Readlink(fd)
		return inodes[link]
	})
}

func (w *world) signal(pid int, sig syscall.Signal) {
	w.t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		w.t.Fatal(err)
	}
}

// Abstract names are shared too, and are free when the app rests.
func TestUnixAbstract(t *testing.T) {
	w := newWorld(t)
	name := "@" + w.dir
	w.cluster(2, nil, goServer, "unix/"+name)
	w.bothAnswer(name)
	pids := w.pids()
	w.kill(pids[0])
	w.replaced(pids[:1])
	w.bothAnswer(name)
	w.must("stop", "web")
	if _, err := ask(name); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("when it is stopped: %v", err)
	}
}

// While processes are killed, restarted and replaced nobody is refused, and nobody
// finds the path away, though each program removes it before it binds, or as it ends.
// Only those that were started before the app had bound a path make a gap of a moment.
func TestUnixUnderLoad(t *testing.T) {
	for name, program := range unixServers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			path := w.dir + "/s"
			w.cluster(2, nil, program(w, path)...)
			w.bothAnswer(path)
			w.must("reload", "web")
			l := newLoad(t, path, 2, false)
			for _, command := range [][]string{{"reload", "web"}, {"restart", "web:0"}, {"reload", "web"}, {"restart", "web"}} {
				w.must(command...)
				l.answered(50)
			}
			if name == "go" { // those of the other languages cut off whom they have accepted
				l.whole()
			} else if c := l.end(); c.refused+c.away > 0 {
				t.Errorf("of %d requests %d were refused, and the path was away %d times", c.answered, c.refused, c.away)
			}
			l = newLoad(t, path, 2, false)
			for range 2 {
				pids := w.pids()
				for _, pid := range pids {
					w.kill(pid)
				}
				w.replaced(pids)
				l.answered(50)
			}
			if c := l.end(); c.refused+c.away > 0 {
				t.Errorf("of %d requests %d were refused, and the path was away %d times", c.answered, c.refused, c.away)
			}
			w.must("stop", "web")
			if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the path of an app at rest: %v", err)
			}
		})
	}
}

// What one instance alone has bound is its own: it does not outlive its process,
// and a name with a PID in it leaves nothing behind.
func TestUnixOfOneInstance(t *testing.T) {
	w := newWorld(t)
	dir := w.dir + "/sock"
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	address := w.dir + "/s"
	script := w.file("web.sh", fmt.Sprintf("#!/bin/sh\nexec %s unix/%s/$$ unix/%s\n", goServer, dir, address))
	w.cluster(2, nil, script)
	w.bothAnswer(address)
	for range 2 {
		pids := w.pids()
		for _, pid := range pids {
			if got, err := ask(fmt.Sprint(dir, "/", pid)); err != nil || got != pid {
				t.Errorf("%d answers, want %d (%v)", got, pid, err)
			}
		}
		w.kill(pids[0])
		w.replaced(pids[:1])
		w.must("restart", "web:1")
		w.bothAnswer(address)
		left, err := os.ReadDir(dir)
		if err != nil || len(left) != 4 { // two files with two names each
			t.Errorf("of processes %v, now %v, there are %v (%v)", pids, w.pids(), left, err)
		}
	}
	w.must("stop", "web")
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind are %v (%v)", left, err)
	}
}

// A program may have a socket for a while in a folder of its own, and remove both.
func TestUnixForAWhile(t *testing.T) {
	for _, n := range []int{1, 2} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			dir := w.dir + "/sock"
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			address := net.JoinHostPort("127.0.0.1", freePort(t))
			w.cluster(n, nil, habits, "while", address, dir)
			w.everyInstanceAnswers(n, address)
			w.must("restart", "web")
			w.everyInstanceAnswers(n, address)
			if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
				t.Errorf("left behind are %v (%v)", left, err)
			}
		})
	}
}

// A program that makes the folder of its socket anew is found there again, also when
// it was the only instance and has removed its path before it ended.
func TestUnixInANewFolder(t *testing.T) {
	for _, remove := range []string{"dir=%s; set -e; rm -rf $dir; mkdir $dir", "dir=%s; mkdir -p $dir"} {
		t.Run(remove, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			dir := w.dir + "/sock"
			script := w.file("web.sh", fmt.Sprintf("#!/bin/sh\n"+remove+"\nexec %s unix/$dir/s\n", dir, goServer))
			w.cluster(1, nil, script)
			answers := func() {
				t.Helper()
				w.until("an answer of the new process", func() bool {
					pid, err := ask(dir + "/s")
					return err == nil && pid == w.pids()[0]
				})
			}
			answers()
			for _, command := range []string{"restart", "reload", "restart"} {
				w.must(command, "web")
				answers()
			}
			pids := w.pids()
			w.kill(pids[0])
			w.replaced(pids)
			answers()
			w.must("stop", "web")
			if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
				t.Errorf("left behind are %v (%v)", left, err)
			}
		})
	}
}

// Both processes of forever die at once, and an instance after them: its socket is
// taken back from the other, or, if there is none, its file is no hindrance.
func TestUnixKilledBoth(t *testing.T) {
	w := newWorld(t)
	path := w.dir + "/s"
	w.cluster(2, nil, goServer, "unix/"+path)
	w.bothAnswer(path)
	pids := w.pids()
	w.killBoth()
	w.must("start", "--name", "other", "/bin/sleep", "1000") // it adopts
	w.bothAnswer(path)
	w.kill(pids[0])
	w.replaced(pids[:1])
	w.bothAnswer(path)
	w.must("reload", "web")
	w.bothAnswer(path)
	pids = w.pids()
	w.killBoth()
	for _, pid := range pids {
		w.kill(pid)
	}
	w.must("start", "--name", "third", "/bin/sleep", "1000")
	w.replaced(pids)
	w.bothAnswer(path)
}
