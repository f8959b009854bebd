package cluster

import (
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"forever/internal/need"
)

// languages are servers that know nothing of forever, each for HOST and PORT.
var languages = map[string]func(w *world, host, port string) []string{
	"go": func(_ *world, host, port string) []string {
		return []string{goServer, "tcp4/" + net.JoinHostPort(host, port)}
	},
	"python http.server": func(w *world, host, port string) []string {
		need.Command(w.t, "python3")
		return []string{testdata(w.t, "server.py"), host, port}
	},
	"python asyncio": func(w *world, host, port string) []string {
		need.Command(w.t, "python3")
		return []string{testdata(w.t, "async.py"), host, port}
	},
	"node http": func(w *world, host, port string) []string {
		need.Command(w.t, "node")
		return []string{testdata(w.t, "server.js"), host, port}
	},
	"node cluster": func(w *world, host, port string) []string {
		need.Command(w.t, "node")
		return []string{testdata(w.t, "workers.js"), host, port}
	},
	"gunicorn": func(w *world, host, port string) []string { return gunicorn(w, host, port, 1) },
	"gunicorn with workers": func(w *world, host, port string) []string {
		return gunicorn(w, host, port, 2)
	},
	"nginx": func(w *world, host, port string) []string {
		nginx := need.Command(w.t, "nginx")
		text := strings.NewReplacer("ADDRESS", net.JoinHostPort(host, port), "DIR", w.dir).Replace(w.read(testdata(w.t, "nginx.conf")))
		return []string{nginx, "-e", "stderr", "-p", w.dir, "-c", w.file("nginx.conf", text)}
	},
	"ruby": func(w *world, host, port string) []string {
		need.Command(w.t, "ruby")
		return []string{testdata(w.t, "server.rb"), host, port}
	},
	"a child of sh": func(w *world, host, port string) []string {
		return []string{testdata(w.t, "child.sh"), goServer, "tcp4/" + net.JoinHostPort(host, port)}
	},
	"c": func(w *world, host, port string) []string {
		if _, err := exec.LookPath("cc"); err != nil {
			w.t.Skip("SKIPPED: no C compiler")
		}
		exe := filepath.Join(w.dir, "server")
		if out, err := exec.Command("cc", "-O1", "-o", exe, testdata(w.t, "server.c")).CombinedOutput(); err != nil {
			w.t.Fatalf("cc: %v\n%s", err, out)
		}
		return []string{exe, host, port}
	},
	"java": func(w *world, host, port string) []string {
		java, err := exec.LookPath("java")
		if err != nil {
			w.t.Skip("SKIPPED: no java")
		}
		return []string{java, "-Xshare:auto", "-XX:TieredStopAtLevel=1", testdata(w.t, "Server.java"), host, port}
	},
}

// gunicorn binds, and then forks the workers that accept.
func gunicorn(w *world, host, port string, workers int) []string {
	return []string{
		"/usr/bin/env", "PYTHONDONTWRITEBYTECODE=1", need.Command(w.t, "gunicorn"), "--workers", strconv.Itoa(workers),
		"--bind", net.JoinHostPort(host, port), "--chdir", filepath.Dir(testdata(w.t, "wsgi.py")), "wsgi:app",
	}
}

// Servers of every language share their port as they are; when they stop it is free.
func TestLanguages(t *testing.T) {
	for name, program := range languages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			port := freePort(t)
			address := net.JoinHostPort("127.0.0.1", port)
			w.cluster(2, nil, program(w, "127.0.0.1", port)...)
			w.everyInstanceAnswers(2, address)
			w.must("stop", "web")
			isFree(t, address)
		})
	}
}

// isFree fails unless another program can have the address at once.
func isFree(t testing.TB, address string) {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Errorf("the port is not free: %v", err)
		return
	}
	ln.Close()
}
