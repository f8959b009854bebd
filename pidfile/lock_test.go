package pidfile

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

func tryLockOK(t *testing.T, path string) *Lock {
	t.Helper()
	l, err := TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestLockExcludes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	l := tryLockOK(t, path)
	if second, err := TryLock(path); !errors.Is(err, ErrLocked) || second != nil {
		t.Fatalf("TryLock of a locked file = %v, %v; want ErrLocked", second, err)
	}
	if info, err := l.File().Stat(); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("lock file: mode %v, %v", info.Mode(), err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	tryLockOK(t, path)
}

func TestAwaitUnlocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if err := AwaitUnlocked(t.Context(), path); err != nil {
		t.Errorf("no file: %v", err)
	}
	l := tryLockOK(t, path)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := AwaitUnlocked(ended, path); !errors.Is(err, context.Canceled) {
		t.Errorf("while it is held: %v", err)
	}
	free := make(chan error, 1)
	go func() { free <- AwaitUnlocked(t.Context(), path) }()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-free; err != nil {
		t.Errorf("once it was given up: %v", err)
	}
}

func TestLockOutlivesTheOneWhoHandedItOn(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a lock cannot be handed on there")
	}
	path := filepath.Join(t.TempDir(), "lock")
	l := tryLockOK(t, path)
	c := startChild(t, "hold", func(cmd *exec.Cmd) { cmd.ExtraFiles = []*os.File{l.File()} })
	if said := c.line(t); said != "ready" {
		t.Fatalf("child said %q", said)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := TryLock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("TryLock while the child holds it = %v, want ErrLocked", err)
	}
	c.end()
	tryLockOK(t, path)
}

func TestLockFileRemovedAndMadeAgain(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be removed there")
	}
	path := filepath.Join(t.TempDir(), "lock")
	old := tryLockOK(t, path)
	if !old.holds(path) {
		t.Error("a fresh lock does not hold its file")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if old.holds(path) {
		t.Error("a lock on a removed file holds")
	}
	fresh := tryLockOK(t, path)
	if old.holds(path) || !fresh.holds(path) {
		t.Errorf("after the file was made again: old holds %v, new holds %v", old.holds(path), fresh.holds(path))
	}
}

// However the file is removed and made again, no two hold the lock on what path names.
func TestLockRace(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be removed there")
	}
	path := filepath.Join(t.TempDir(), "lock")
	inside := make(chan struct{}, 1)
	done := make(chan error)
	for range 4 {
		go func() {
			for range 200 {
				l, err := TryLock(path)
				if errors.Is(err, ErrLocked) {
					continue
				}
				if err != nil {
					done <- err
					return
				}
				select {
				case inside <- struct{}{}:
				default:
					done <- errors.New("two hold the lock")
					return
				}
				<-inside
				os.Remove(path) // the holder may: whoever locked the old file meanwhile tries again
				l.Close()
			}
			done <- nil
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
