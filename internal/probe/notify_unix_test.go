//go:build unix

package probe

import (
	"bytes"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/need"
)

// short is a path for a socket that fits everywhere.
func short(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "n")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func listenNotify(t *testing.T, path string) *Notify {
	t.Helper()
	n, err := ListenNotify(path)
	if err != nil {
		t.Fatal(err)
	}
	return bounded(t, n)
}

// bounded makes waits end at some time, and closes the socket.
func bounded(t *testing.T, n *Notify) *Notify {
	t.Helper()
	t.Cleanup(func() { n.Close() })
	if err := n.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return n
}

// speak sends datagrams as a program would that knows only the name.
func speak(t *testing.T, addr string, datagrams ...string) {
	t.Helper()
	conn, err := net.Dial("unixgram", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, d := range datagrams {
		if _, err := conn.Write([]byte(d)); err != nil {
			t.Fatal(err)
		}
	}
}

// receive waits for the next message.
func receive(n *Notify) (Message, error) {
	for {
		if m, ok := n.Next(); ok {
			return m, nil
		}
		if err := n.Wait(); err != nil {
			return Message{}, err
		}
	}
}

// hear receives a message and takes out of it who said it.
func hear(t *testing.T, n *Notify) (m Message, pid int) {
	t.Helper()
	m, err := receive(n)
	if err != nil {
		t.Fatal(err)
	}
	pid, m.PID, m.UID = m.PID, 0, 0
	return m, pid
}

func expectStatus(t *testing.T, n *Notify, want string) {
	t.Helper()
	if m, _ := hear(t, n); m != (Message{HasStatus: true, Status: want}) {
		t.Errorf("heard %+v, want the status %q", m, want)
	}
}

func TestNotify(t *testing.T) {
	n := listenNotify(t, short(t))
	speak(t, n.Addr(), "STATUS=one", "READY=1\nSTATUS=two")
	expectStatus(t, n, "one")
	m, pid := hear(t, n)
	if m != (Message{Ready: true, HasStatus: true, Status: "two"}) {
		t.Errorf("heard %+v", m)
	}
	if runtime.GOOS == "linux" && pid != os.Getpid() {
		t.Errorf("said by %d and not by %d", pid, os.Getpid())
	}
}

func TestNotifyFromAnotherProcess(t *testing.T) {
	n := listenNotify(t, short(t))
	speaker := play(t, "speaker", n.Addr())
	if out, err := speaker.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m, pid := hear(t, n)
	if m != (Message{Ready: true}) {
		t.Errorf("heard %+v", m)
	}
	if runtime.GOOS == "linux" && pid != speaker.Process.Pid { // it was alive when it said so
		t.Errorf("said by %d and not by %d", pid, speaker.Process.Pid)
	}
}

// The program in docs/readiness.md.
const pythonSpeaker = `
import os, socket
addr = os.environ.get("NOTIFY_SOCKET")
if addr:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect("\0" + addr[1:] if addr[0] == "@" else addr)
        s.send(b"READY=1\nSTATUS=serving")
`

func TestNotifyFromPython(t *testing.T) {
	python := need.Command(t, "python3")
	paths := []string{short(t)}
	if runtime.GOOS == "linux" {
		paths = append(paths, filepath.Join(t.TempDir(), strings.Repeat("long-", 30)))
	}
	for _, path := range paths {
		n := listenNotify(t, path)
		cmd := exec.CommandContext(t.Context(), python, "-c", pythonSpeaker)
		cmd.Env = append(os.Environ(), NotifyEnv(n.Addr(), 0)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if m, _ := hear(t, n); m != (Message{Ready: true, HasStatus: true, Status: "serving"}) {
			t.Errorf("heard %+v at %s", m, n.Addr())
		}
	}
}

func TestNotifyPassesOver(t *testing.T) {
	n := listenNotify(t, short(t))
	speak(t, n.Addr(), "", "garbage", "READY=0", "STATUS="+strings.Repeat("x", maxDatagram), "\x00\x01", "STATUS=after")
	expectStatus(t, n, "after")
	long := strings.Repeat("x", maxDatagram-len("STATUS="))
	speak(t, n.Addr(), "STATUS="+long)
	expectStatus(t, n, long)
}

// Descriptors never become ours, and the pipe of a barrier is closed when what
// was said before it has been dealt with, not earlier.
func TestNotifyDescriptors(t *testing.T) {
	n := listenNotify(t, short(t))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	speaker, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(speaker)
	send := func(text string, files ...*os.File) {
		var fds []int
		for _, f := range files {
			fds = append(fds, int(f.Fd()))
		}
		if err := unix.Sendmsg(speaker, []byte(text), unix.UnixRights(fds...), &unix.SockaddrUnix{Name: n.Addr()}, 0); err != nil {
			t.Fatal(err)
		}
	}
	before := descriptors(t)
	send("STATUS=with files", os.Stdin, os.Stdout, os.Stderr)
	expectStatus(t, n, "with files")
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}

	speak(t, n.Addr(), "STATUS=first")
	send("BARRIER=1", w)
	w.Close()
	speak(t, n.Addr(), "STATUS=last")
	expectStatus(t, n, "first")
	ended := make(chan error, 1)
	go func() {
		_, err := r.Read(make([]byte, 1))
		ended <- err
	}()
	select {
	case err := <-ended:
		t.Errorf("the barrier fell before the first was dealt with: %v", err)
	default:
	}
	expectStatus(t, n, "last")
	if err := <-ended; err == nil {
		t.Error("something was written to the barrier's pipe")
	}
}

// What a supervisor was acting on when it was killed comes to the next one.
func TestNotifyAfterAKill(t *testing.T) {
	n := listenNotify(t, short(t))
	addr := n.Addr()
	kept, err := n.File()
	if err != nil {
		t.Fatal(err)
	}
	speak(t, addr, "STATUS=one", "STATUS=two")
	expectStatus(t, n, "one")
	n.Close()
	speak(t, addr, "STATUS=meanwhile")

	next, err := OpenNotify(kept)
	if err != nil {
		t.Fatal(err)
	}
	bounded(t, next)
	if next.Addr() != addr {
		t.Errorf("%s has become %s", addr, next.Addr())
	}
	for _, want := range []string{"one", "two", "meanwhile"} {
		expectStatus(t, next, want)
	}
}

func TestNotifyClose(t *testing.T) {
	n := listenNotify(t, short(t))
	done := make(chan error)
	go func() {
		_, err := receive(n)
		done <- err
	}()
	n.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
}

func TestNotifyFile(t *testing.T) {
	path := short(t)
	n := listenNotify(t, path)
	if info, err := os.Lstat(path); err != nil || info.Mode() != fs.ModeSocket|0o600 || n.Addr() != path {
		t.Fatalf("%s: %v, %v", n.Addr(), info, err)
	}
	n.Close()
	n = listenNotify(t, path) // in place of what was left behind
	speak(t, path, "STATUS=new")
	expectStatus(t, n, "new")
	for range 2 {
		if err := RemoveNotify(path); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestNotifyHarmsNothingElse(t *testing.T) {
	for name, place := range map[string]func(path string) error{
		"file":    func(p string) error { return os.WriteFile(p, []byte("mine"), 0o600) },
		"folder":  func(p string) error { return os.Mkdir(p, 0o700) },
		"symlink": func(p string) error { return os.Symlink(os.TempDir(), p) },
	} {
		path := short(t)
		if err := place(path); err != nil {
			t.Fatal(err)
		}
		if n, err := ListenNotify(path); err == nil {
			n.Close()
			t.Errorf("%s: replaced", name)
		}
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, path := range []string{"", "@", filepath.Join(t.TempDir(), "missing", "s")} {
		if n, err := ListenNotify(path); err == nil {
			n.Close()
			t.Errorf("listens at %q", path)
		}
	}
}

func TestNotifyLongPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("long-", 30), "s")
	if runtime.GOOS != "linux" {
		if _, err := ListenNotify(path); err == nil || !strings.Contains(err.Error(), "--root") {
			t.Fatalf("a path too long for %s: %v", runtime.GOOS, err)
		}
		return
	}
	n := listenNotify(t, path)
	if addr := n.Addr(); addr[0] != '@' || len(addr) > maxName {
		t.Errorf("it is at %s", addr)
	}
	speak(t, n.Addr(), "STATUS=long")
	expectStatus(t, n, "long")
	addr := n.Addr()
	n.Close()
	if n = listenNotify(t, path); n.Addr() != addr {
		t.Errorf("%s has become %s", addr, n.Addr())
	}
	if _, err := ListenNotify(path); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("two listen at once: %v", err)
	}
}

func TestOpenNotifyOfSomethingElse(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := OpenNotify(f); err == nil {
		n.Close()
		t.Error("a device was taken for a socket")
	}
	if err := f.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("it was not closed: %v", err)
	}
}

// Whatever is sent, the next message is understood.
func FuzzNotify(f *testing.F) {
	f.Add([]byte("READY=1"))
	f.Add(bytes.Repeat([]byte("A=b\n"), 1500))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		n := listenNotify(t, short(t))
		if len(datagram) < 100_000 {
			speak(t, n.Addr(), string(datagram))
		}
		speak(t, n.Addr(), "STATUS=after")
		for {
			if m, _ := hear(t, n); m == (Message{HasStatus: true, Status: "after"}) {
				return
			}
		}
	})
}
