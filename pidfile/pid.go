package pidfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// WritePid writes a pid file: the number and a newline, mode 0644. A folder
// that is not there is made, mode 0700. A reader never finds half a number. It
// does not wait for the disk, since after a reboot the number means nothing.
func WritePid(path string, pid int) error { return system.writePid(path, pid) }

func (c *calls) writePid(path string, pid int) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make folder of pid file: %w", err)
	}
	err := c.replace(path, 0o644, fleeting, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%d\n", pid)
		return err
	})
	if err != nil {
		return fmt.Errorf("write pid file: %w", err)
	}
	return nil
}

// RemovePid removes the pid file if it holds that number. Where it holds
// another, or there is none, nothing is to be done.
func RemovePid(path string, pid int) error {
	text, err := readRegular(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read pid file: %w", err)
	}
	if string(bytes.TrimSpace(text)) != strconv.Itoa(pid) {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove pid file: %w", err)
	}
	return nil
}
