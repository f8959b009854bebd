package logs

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// putAside makes older files of a log, all of which have rested.
func putAside(t *testing.T, path string, contents ...string) {
	t.Helper()
	long := time.Now().Add(-time.Hour).Truncate(time.Second)
	for i, text := range contents {
		name := older(path, i+1)
		if err := errors.Join(os.WriteFile(name, []byte(text), 0o640), os.Chtimes(name, long, long)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTidy(t *testing.T) {
	k := newKeeper()
	defer k.close()
	path := filepath.Join(t.TempDir(), "log")
	putAside(t, path, "one\n", "two\n", "three\n", "four\n", "five\n")
	if err := os.WriteFile(older(path, 3)+packedExt, packed(t, []byte("three\n")), 0o600); err != nil {
		t.Fatal(err) // as of one who was killed
	}
	if err := os.WriteFile(path+packingExt, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if k.tidy(path, 4) {
		t.Error("something is young")
	}
	list, err := olderParts(path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range list {
		names = append(names, filepath.Base(p.path))
	}
	if want := []string{"log.1", "log.2.gz", "log.3.gz", "log.4.gz"}; !slices.Equal(names, want) {
		t.Fatalf("%q", names)
	}
	if got := string(wholeLog(t, path)); got != "four\nthree\ntwo\none\n" {
		t.Errorf("%q", got)
	}
	if exists(path + packingExt) {
		t.Error("the half one is there")
	}
	st, err := os.Stat(list[1].path)
	if err != nil || time.Since(st.ModTime()) < 50*time.Minute {
		t.Errorf("the time of its last line is lost: %v", err)
	}
	if os.Getuid() >= 0 && st.Mode().Perm() != 0o640 {
		t.Errorf("mode %v", st.Mode())
	}
}

// TestYoungFilesRest compresses nothing that was written to a moment ago.
func TestYoungFilesRest(t *testing.T) {
	k := newKeeper()
	defer k.close()
	path := filepath.Join(t.TempDir(), "log")
	putAside(t, path, "one\n", "two\n")
	now := time.Now()
	if err := os.Chtimes(older(path, 2), now, now); err != nil {
		t.Fatal(err)
	}
	if !k.tidy(path, 5) || exists(older(path, 2)+packedExt) {
		t.Error("compressed at once")
	}
}

// TestPackedWhileItMoves gives the file another number while it is compressed,
// or writes to it, or deletes it.
func TestPackedWhileItMoves(t *testing.T) {
	k := newKeeper()
	defer k.close()
	path := filepath.Join(t.TempDir(), "log")
	putAside(t, path, "one\n", "two\n")
	src, err := os.Open(older(path, 2))
	if err != nil {
		t.Fatal(err)
	}
	st, err := src.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := k.write(path+packingExt, src, st); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("zero\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.shift(path, 5); err != nil {
		t.Skip("an open file cannot be renamed here: ", err)
	}
	if err := k.replace(path, path+packingExt, src, st); err != nil {
		t.Fatal(err)
	}
	if got := string(wholeLog(t, path)); got != "two\none\nzero\n" || !exists(older(path, 3)+packedExt) || exists(older(path, 3)) {
		t.Errorf("%q", got)
	}

	src, err = os.Open(older(path, 2))
	if err != nil {
		t.Fatal(err)
	}
	if st, err = src.Stat(); err != nil {
		t.Fatal(err)
	}
	if err := k.write(path+packingExt, src, st); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(older(path, 2), []byte("one and more\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.replace(path, path+packingExt, src, st); err != errMoved {
		t.Error(err)
	}
	if got := string(wholeLog(t, path)); got != "two\none and more\nzero\n" || exists(path+packingExt) {
		t.Errorf("%q", got)
	}
}

// TestKeeperWorksInTheBackground has the timer do it, and stops in the middle.
func TestKeeperWorksInTheBackground(t *testing.T) {
	k := newKeeper()
	k.rest = 0
	path := filepath.Join(t.TempDir(), "log")
	data := bytes.Repeat([]byte("line\n"), 200000)
	putAside(t, path, "one\n", string(data), string(data))
	k.welcome(path, 5)
	eventually(t, "the older files to be compressed", func() bool {
		return !exists(older(path, 2)) && !exists(older(path, 3))
	})
	if got := wholeLog(t, path); len(got) != 2*len(data)+4 {
		t.Errorf("%d bytes", len(got))
	}
	putAside(t, path, string(data), string(data))
	k.soon(path, 5)
	k.close()
	k.soon(path, 5) // nothing happens any more
	if exists(path + packingExt) {
		t.Error("something half was left")
	}
}
