package listener

import (
	"encoding/json"
	"io"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/launch"
	"forever/internal/limits"
	"forever/internal/wire"
)

func init() { roles["binds"] = bindOften }

// bindOften binds the port of its second argument as often as the first says,
// and tells how long the binds took.
func bindOften(args []string) int {
	n, err := strconv.Atoi(args[0])
	port, e := strconv.Atoi(args[1])
	if err != nil || e != nil {
		return 2
	}
	var took time.Duration
	for range n {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return 3
		}
		began := time.Now()
		err = unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
		took += time.Since(began)
		unix.Close(fd)
		if err != nil {
			return 4
		}
	}
	_ = json.NewEncoder(os.Stdout).Encode(took)
	return 0
}

// BenchmarkBind is a bind of a program that is reported, decided, and answered
// with a socket in the place of the program's; and one without the filter.
func BenchmarkBind(b *testing.B) {
	for name, filtered := range map[string]bool{"reported": true, "bare": false} {
		b.Run(name, func(b *testing.B) {
			took := timeRole(b, filtered, binds, "binds", strconv.Itoa(b.N), strconv.Itoa(int(freePort(b))))
			b.ReportMetric(float64(took.Nanoseconds())/float64(b.N), "ns/bind")
		})
	}
}

// binds puts a socket in the place of each that is reported.
var binds = &Answerer{Decide: func(ask *Bind) Decision {
	fd, err := Open(ask.Address, ask.Options)
	if err != nil {
		return Decision{Errno: unix.EADDRINUSE}
	}
	return Decision{Socket: fd}
}}

// timeRole has a program play a role, with the filter or without, and returns the
// time that it tells. What it reports is answered by a.
func timeRole(b *testing.B, filtered bool, a *Answerer, role string, args ...string) (took time.Duration) {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	r, w, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	started, err := launch.Start(&wire.Plan{
		File: exe, Argv: append([]string{role}, args...), Dir: "/", Umask: -1, Share: filtered, ShareFiles: filtered,
		Env: []string{roleEnv + "=" + role},
	}, launch.Files{null.Fd(), w.Fd(), 2}, limits.Caller())
	w.Close()
	if err != nil {
		b.Fatal(err)
	}
	answered := answerAll(b, started.Binds, a)
	text, err := io.ReadAll(r)
	if _, e := unix.Wait4(started.PID, nil, 0, nil); err == nil {
		err = e
	}
	if err == nil {
		err = json.Unmarshal(text, &took)
	}
	if err != nil {
		b.Fatalf("%v: %q", err, text)
	}
	if err := <-answered; err != nil {
		b.Fatal(err)
	}
	return took
}

// answerAll answers until the program has ended; 0 reports nothing.
func answerAll(b *testing.B, reports int, a *Answerer) <-chan error {
	answered := make(chan error, 1)
	if reports == 0 {
		answered <- nil
		return answered
	}
	if err := unix.SetNonblock(reports, true); err != nil {
		b.Fatal(err)
	}
	go func() { answered <- a.Answer(os.NewFile(uintptr(reports), "reports")) }()
	return answered
}
