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
			took := timeBinds(b, b.N, filtered)
			b.ReportMetric(float64(took.Nanoseconds())/float64(b.N), "ns/bind")
		})
	}
}

// timeBinds has a program bind n times, and returns how long that took it.
func timeBinds(b *testing.B, n int, filtered bool) (took time.Duration) {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	plan := &wire.Plan{
		File: exe, Argv: []string{"binds", strconv.Itoa(n), strconv.Itoa(int(freePort(b)))}, Dir: "/", Umask: -1,
		Share: filtered, Env: []string{roleEnv + "=binds"},
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	started, err := launch.Start(plan, launch.Files{null.Fd(), w.Fd(), 2}, limits.Caller())
	w.Close()
	if err != nil {
		b.Fatal(err)
	}
	answered := answerAll(b, started.Binds)
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

// answerAll puts a socket in the place of each that is reported, until the
// program has ended; 0 reports nothing.
func answerAll(b *testing.B, binds int) <-chan error {
	answered := make(chan error, 1)
	if binds == 0 {
		answered <- nil
		return answered
	}
	if err := unix.SetNonblock(binds, true); err != nil {
		b.Fatal(err)
	}
	a := &Answerer{Decide: func(ask *Bind) Decision {
		fd, err := Open(ask.Address, ask.Options)
		if err != nil {
			return Decision{Errno: unix.EADDRINUSE}
		}
		return Decision{Socket: fd}
	}}
	go func() { answered <- a.Answer(os.NewFile(uintptr(binds), "binds")) }()
	return answered
}
