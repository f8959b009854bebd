package pidfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// calls are the calls to the system that change files. Tests make each fail.
type calls struct {
	create  func(path string) (*os.File, error) // 0600, fails if there is one
	chmod   func(f *os.File, mode os.FileMode) error
	write   func(f *os.File, data []byte) (int, error)
	sync    func(f *os.File) error
	close   func(f *os.File) error
	rename  func(from, to string) error
	syncDir func(dir string) error
	remove  func(path string) error
}

var system = calls{
	create:  createNew,
	chmod:   (*os.File).Chmod,
	write:   (*os.File).Write,
	sync:    (*os.File).Sync,
	close:   (*os.File).Close,
	rename:  os.Rename,
	syncDir: syncDir,
	remove:  os.Remove,
}

func createNew(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // O_EXCL follows no link either
}

// WriteAtomic replaces the content of the file, or makes it, so that it is the
// old or the new whatever happens, and so that the new survives a power
// failure once WriteAtomic has returned. The file gets exactly the given mode.
// What is there must be a regular file. A symbolic link is refused, not
// followed.
func WriteAtomic(path string, data []byte, mode os.FileMode) error {
	return system.replace(path, mode, durable, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Whether replace waits for the disk.
const (
	durable  = true
	fleeting = false // for content that a reboot makes worthless
)

// replace is the mechanism of WriteAtomic: a temporary file beside the target,
// which takes the target's place when fill has written it.
func (c *calls) replace(path string, mode os.FileMode, durable bool, fill func(io.Writer) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("replace %s: %w", path, err)
		}
	}()
	if err := regularOrAbsent(path); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	f, err := c.createTemp(dir)
	if err != nil {
		return err
	}
	if err := c.fill(f, mode, durable, fill); err != nil {
		return c.discard(f.Name(), err)
	}
	if err := c.rename(f.Name(), path); err != nil {
		return c.discard(f.Name(), err)
	}
	if !durable {
		return nil
	}
	return c.syncDir(dir)
}

// fill writes the temporary file and closes it.
func (c *calls) fill(f *os.File, mode os.FileMode, durable bool, fill func(io.Writer) error) error {
	err := fill(writer{c, f})
	if err == nil {
		err = c.chmod(f, mode) // whatever the umask made of it
	}
	if err == nil && durable {
		err = c.sync(f)
	}
	// Some file systems report at close what could not be written.
	if closed := c.close(f); err == nil {
		err = closed
	}
	return err
}

// discard removes a file that could not be finished, for the reason err, and
// returns err. It may be gone already: a rename can be done and still fail.
func (c *calls) discard(temp string, err error) error {
	if left := c.remove(temp); left != nil && !errors.Is(left, os.ErrNotExist) {
		return fmt.Errorf("%w; and a part is left behind: %w", err, left)
	}
	return err
}

// writer writes to f by way of c.
type writer struct {
	c *calls
	f *os.File
}

func (w writer) Write(data []byte) (int, error) { return w.c.write(w.f, data) }
