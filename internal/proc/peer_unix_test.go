//go:build unix

package proc

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPeerUID(t *testing.T) {
	dir, err := os.MkdirTemp("", "proc") // short: a socket's path has about 100 bytes
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "s")})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := net.Dial("unix", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn, err := ln.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	uid, pid, err := PeerUID(conn)
	if err != nil || uid != uint32(os.Geteuid()) || pid != os.Getpid() {
		t.Errorf("user %d, process %d, %v, want %d and %d", uid, pid, err, os.Geteuid(), os.Getpid())
	}
	conn.Close()
	if _, _, err := PeerUID(conn); err == nil {
		t.Error("a closed connection has a peer")
	}
}

func TestUmask(t *testing.T) {
	before := unix.Umask(0o027)
	defer unix.Umask(before)
	if got := Umask(); got != 0o027 {
		t.Errorf("%#o, want 027", got)
	}
	if got := setAndRestoreUmask(); got != 0o027 {
		t.Errorf("by setting it: %#o, want 027", got)
	}
	if got := Umask(); got != 0o027 {
		t.Errorf("afterwards: %#o, want 027", got)
	}
}
