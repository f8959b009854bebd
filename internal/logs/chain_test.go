package logs

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// packed returns b as gzip compresses it.
func packed(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// contentOf returns what is in the file of a part.
func contentOf(t testing.TB, p part) []byte {
	t.Helper()
	f, err := os.Open(p.path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	if !p.packed {
		_, err = b.ReadFrom(f)
	} else if z, zerr := gzip.NewReader(f); zerr == nil {
		_, err = b.ReadFrom(z)
	} else {
		err = zerr
	}
	if err != nil {
		t.Fatal(p.path, ": ", err)
	}
	return b.Bytes()
}

// wholeLog returns what is in all files of a log, the oldest first.
func wholeLog(t testing.TB, path string) []byte {
	t.Helper()
	list, err := olderParts(path)
	if err != nil {
		t.Fatal(err)
	}
	if exists(path) {
		list = slices.Insert(list, 0, part{path: path})
	}
	var all []byte
	for _, p := range slices.Backward(list) {
		all = append(all, contentOf(t, p)...)
	}
	return all
}

// makeChain makes some of the files that a log of n older ones can have, and
// returns their contents, the newest first.
func makeChain(t *testing.T, path string, n int) (contents []string) {
	t.Helper()
	put := func(name string, b []byte) {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n + 1 {
		name, text := older(path, i), fmt.Sprintf("content %d %d\n", i, rand.Int())
		switch {
		case i > 0 && rand.IntN(5) == 0:
			continue // a gap
		case i > 0 && rand.IntN(2) == 0:
			put(name+packedExt, packed(t, []byte(text)))
			if rand.IntN(3) == 0 {
				put(name, []byte(text)) // killed while it was compressed
			}
		default:
			put(name, []byte(text))
		}
		if rand.IntN(3) > 0 {
			put(name+indexExt, []byte("index of "+text))
		}
		contents = append(contents, text)
	}
	return contents
}

// checkChain wants the files of a log to have some contents, and beside each no
// index but its own.
func checkChain(t *testing.T, path string, want []string) {
	t.Helper()
	list, err := olderParts(path)
	if err != nil {
		t.Fatal(err)
	}
	if exists(path) {
		list = slices.Insert(list, 0, part{path: path})
	}
	var got []string
	for _, p := range list {
		text := string(contentOf(t, p))
		got = append(got, text)
		index, err := os.ReadFile(older(path, p.n) + indexExt)
		if err == nil && string(index) != "index of "+text {
			t.Fatalf("%s has %q beside it", p.path, index)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
}

// TestShiftCutShort kills a rotation at each of its steps, lets others follow,
// and wants no file to be lost, doubled or out of order.
func TestShiftCutShort(t *testing.T) {
	killed := errors.New("killed")
	for round := range 300 {
		path := filepath.Join(t.TempDir(), "log")
		const n = 5
		contents := makeChain(t, path, n)
		left := round % 20
		step := func(call func() error) error {
			if left--; left < 0 {
				return killed
			}
			return call()
		}
		broken := disk{
			rename: func(a, b string) error { return step(func() error { return os.Rename(a, b) }) },
			remove: func(a string) error { return step(func() error { return os.Remove(a) }) },
		}
		keep := n + 2 // so that none is dropped
		err := broken.shift(path, keep)
		if err != nil && !errors.Is(err, killed) {
			t.Fatal(err)
		}
		checkChain(t, path, contents)
		for more := range 2 {
			if !exists(path) {
				text := fmt.Sprintf("more %d\n", more)
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				contents = slices.Insert(contents, 0, text)
			}
			if err := realDisk().shift(path, keep+2); err != nil {
				t.Fatal(err)
			}
			checkChain(t, path, contents)
		}
	}
}

// TestShiftKeepsSoMany drops the oldest, and only where there is no gap.
func TestShiftKeepsSoMany(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for i := range 7 {
		if err := os.WriteFile(path, []byte{byte('0' + i)}, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := realDisk().shift(path, 3); err != nil {
			t.Fatal(err)
		}
	}
	if got := string(wholeLog(t, path)); got != "456" {
		t.Errorf("kept %q", got)
	}
	if err := realDisk().shift(path, 0); err != nil { // nothing there
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := realDisk().shift(path, 0); err != nil || exists(path) {
		t.Error("kept with keep 0: ", err)
	}
}

// TestStrangersInTheFolder leaves files alone that only look like ours.
func TestStrangersInTheFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	strangers := []string{"log.01", "log.0", "log.x", "log.1.bz2", "log.-1", "log-1", "xlog.1", "log.1.gz.gz"}
	for _, name := range strangers {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := olderParts(path); err != nil || len(list) > 0 {
		t.Errorf("%v, %v", list, err)
	}
	if err := realDisk().shift(path, 1); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, name := range strangers {
		if !exists(filepath.Join(dir, name)) {
			t.Error(name, " is gone")
		}
	}
}
