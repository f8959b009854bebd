package pidfile

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// ErrLocked says that another holds the lock.
var ErrLocked = errors.New("locked by another process")

// Lock is an exclusive lock on a file. It belongs to the open file, not to a
// process (flock(2)): it is held until the last descriptor of it is closed, in
// this process and in each to which File was handed, and so ends with the last
// of them, however they end. On Windows it cannot be handed on.
//
// Keep the Lock in something that lives as long as the lock should: if it is
// garbage collected, the descriptor is closed.
type Lock struct{ f *os.File }

// tries bounds how often TryLock begins again because the file was exchanged.
const tries = 100

// TryLock takes the lock, or says ErrLocked at once. The file is made, mode
// 0600, where there is none; it is not removed again, because then two could
// hold locks on two files of the same name.
func TryLock(path string) (*Lock, error) {
	for range tries {
		l, err := tryLock(path)
		if err != nil {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		if l.holds(path) {
			return l, nil
		}
		l.Close()
	}
	return nil, fmt.Errorf("lock %s: the file is replaced again and again", path)
}

// AwaitUnlocked returns when nobody holds the lock, or when ctx ends, with its
// error. A lock that somebody takes at that moment is refused for an instant.
func AwaitUnlocked(ctx context.Context, path string) error {
	f, err := openRegular(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	free := make(chan error, 1)
	go func() { // may stay until the holder ends: nothing else ends its call
		free <- awaitLock(f)
		f.Close()
	}()
	select {
	case err := <-free:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func tryLock(path string) (*Lock, error) {
	f, err := openRegular(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		f.Close()
		return nil, err
	}
	return &Lock{f}, nil
}

// holds says whether the locked file is still the one that path names. If it
// was removed or replaced before it was locked, others lock another file.
func (l *Lock) holds(path string) bool {
	mine, err := l.f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(mine, there)
}

// LockFromFile takes over a lock whose open file was handed to this process.
// The Lock owns f from now on. It is not passed on to programs that this
// process executes, unless File is handed to them.
func LockFromFile(f *os.File) *Lock {
	closeOnExec(f)
	return &Lock{f}
}

// File returns the open file, to be handed to another process, which holds the
// lock then too. The Lock still owns it.
func (l *Lock) File() *os.File { return l.f }

// Close gives up this process's share of the lock. Between fork and exec a
// child has a share for a moment, so the lock may end a moment later.
func (l *Lock) Close() error { return l.f.Close() }
