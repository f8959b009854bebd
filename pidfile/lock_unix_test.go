//go:build unix

package pidfile

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestLockIsNotInherited(t *testing.T) {
	first := tryLockOK(t, filepath.Join(t.TempDir(), "lock"))
	fd, err := unix.Dup(int(first.File().Fd())) // as it comes to a child: without close-on-exec
	if err != nil {
		t.Fatal(err)
	}
	handed := LockFromFile(os.NewFile(uintptr(fd), "lock"))
	defer handed.Close()
	for name, l := range map[string]*Lock{"TryLock": first, "LockFromFile": handed} {
		flags, err := unix.FcntlInt(l.File().Fd(), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("%s: descriptor flags %#x, %v: not close-on-exec", name, flags, err)
		}
	}
}
