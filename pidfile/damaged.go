package pidfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"
)

// DamagedError says that a state file is not as Save writes it. The file stays
// as it is until the next Save, and a copy of it is kept for whoever wants to
// mend it.
type DamagedError struct {
	Path   string
	Line   int // from 1
	Column int // in characters, from 1
	// Aside is the copy; empty where none could be made, for the reason AsideErr.
	Aside    string
	AsideErr error
	Err      error // what is wrong there
}

func (e *DamagedError) Error() string {
	kept := "a copy is kept in " + e.Aside
	if e.AsideErr != nil {
		kept = fmt.Sprintf("no copy could be kept: %v", e.AsideErr)
	}
	return fmt.Sprintf("%s:%d:%d: state file is damaged: %v; %s", e.Path, e.Line, e.Column, e.Err, kept)
}

// Unwrap returns what is wrong and, where there is no copy, why.
func (e *DamagedError) Unwrap() []error {
	if e.AsideErr != nil {
		return []error{e.Err, e.AsideErr}
	}
	return []error{e.Err}
}

func (c *calls) damaged(path string, text []byte, err error) *DamagedError {
	d := &DamagedError{Path: path, Err: err}
	var m *misplaced
	if errors.As(err, &m) {
		d.Line, d.Column = position(text, m.offset)
		d.Err = m.err
	}
	d.Aside, d.AsideErr = c.keepAside(path, text)
	return d
}

// position turns an offset into a line and a column.
func position(text []byte, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte{'\n'}) + 1, utf8.RuneCount(before[start:]) + 1
}

// keptAside is how many damaged copies are kept; the oldest go first.
const keptAside = 5

// keepAside writes text to a new file beside path and returns its name, or the
// name of a copy that is there already: everybody who reads a damaged file
// comes by here.
func (c *calls) keepAside(path string, text []byte) (string, error) {
	dir, prefix := filepath.Dir(path), filepath.Base(path)+".damaged-"
	old := asides(dir, prefix)
	for _, name := range old {
		if had, err := readRegular(name); err == nil && bytes.Equal(had, text) {
			return name, nil
		}
	}
	name, err := c.writeAside(filepath.Join(dir, prefix), text)
	if err != nil {
		return "", err
	}
	for len(old) >= keptAside {
		c.remove(old[0]) // one too many does no harm
		old = old[1:]
	}
	return name, nil
}

// asides returns the copies kept so far, the oldest first.
func asides(dir, prefix string) []string {
	entries, _ := os.ReadDir(dir) // sorted by name, and so by time
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && e.Type().IsRegular() {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	return names
}

// writeAside writes a new file, whole or not at all.
func (c *calls) writeAside(prefix string, text []byte) (string, error) {
	f, err := c.createAside(prefix)
	if err != nil {
		return "", err
	}
	err = c.fill(f, 0o600, durable, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	if err != nil {
		return "", c.discard(f.Name(), err)
	}
	return f.Name(), nil
}

// createAside makes a file named by the time, a later one where that exists.
func (c *calls) createAside(prefix string) (*os.File, error) {
	for now := time.Now().UTC(); ; now = now.Add(time.Millisecond) {
		f, err := c.create(prefix + now.Format("20060102T150405.000Z"))
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
}
