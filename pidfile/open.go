package pidfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// irregular is the error about something that should be a regular file.
type irregular os.FileMode

func (m irregular) Error() string {
	kind := "something else"
	switch os.FileMode(m).Type() {
	case os.ModeSymlink:
		kind = "a symbolic link"
	case os.ModeDir:
		kind = "a folder"
	case os.ModeNamedPipe:
		kind = "a named pipe"
	case os.ModeSocket:
		kind = "a socket"
	}
	return "it is " + kind + ", not a regular file"
}

// regularOrAbsent refuses everything at path but a regular file and nothing.
func regularOrAbsent(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return &os.PathError{Op: "open", Path: path, Err: irregular(info.Mode())}
	}
	return nil
}

// openRegular opens a regular file. It follows no symbolic link and does not
// wait at a named pipe.
func openRegular(path string, flag int, mode os.FileMode) (*os.File, error) {
	if err := regularOrAbsent(path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, flag|noFollow, mode)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() { // exchanged since the look at it
		err = &os.PathError{Op: "open", Path: path, Err: irregular(info.Mode())}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// readOwn reads a regular file, unless it is another user's.
func readOwn(path string) ([]byte, error) {
	f, err := openRegular(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if owner, known := ownerOf(info); known && owner != os.Geteuid() {
		return nil, &os.PathError{Op: "open", Path: path, Err: foreign(owner)}
	}
	return readAll(f)
}

// foreign is the error about a file of another user, by uid.
type foreign int

func (uid foreign) Error() string {
	return fmt.Sprintf("it belongs to another user (uid %d, not %d)", int(uid), os.Geteuid())
}

func readRegular(path string) ([]byte, error) {
	f, err := openRegular(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f)
}

func readAll(f *os.File) ([]byte, error) {
	var b bytes.Buffer
	if info, err := f.Stat(); err == nil {
		b.Grow(int(info.Size()) + bytes.MinRead) // else it is copied as it grows
	}
	_, err := b.ReadFrom(f)
	return b.Bytes(), err
}
