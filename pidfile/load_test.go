package pidfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A file that was cut at any byte is either whole or known to be damaged, is
// kept aside as it is, and is left where it is.
func TestTornAtEveryByte(t *testing.T) {
	path, text := saveFull(t)
	c := system
	c.sync = func(*os.File) error { return nil } // some thousand of them take long
	for n := range len(text) + 1 {
		writeFile(t, path, string(text[:n]))
		s, err := c.load(path)
		if got := readFile(t, path); got != string(text[:n]) {
			t.Fatalf("cut at %d: Load changed the file", n)
		}
		if json.Valid(text[:n]) {
			if err != nil || !reflect.DeepEqual(s, fullState()) {
				t.Errorf("cut at %d, which leaves it whole: %+v, %v", n, s, err)
			}
			continue
		}
		d := damaged(t, s, err)
		if aside := readFile(t, d.Aside); aside != string(text[:n]) {
			t.Fatalf("cut at %d: %d bytes were kept aside", n, len(aside))
		}
		if line := bytes.Count(bytes.TrimSpace(text[:n]), []byte{'\n'}) + 1; d.Line != line {
			t.Errorf("cut at %d: line %d, want %d", n, d.Line, line)
		}
	}
}

// damaged returns err as what it must be, and checks what is always true then.
func damaged(t *testing.T, s *State, err error) *DamagedError {
	t.Helper()
	var d *DamagedError
	if !errors.As(err, &d) {
		t.Fatalf("Load: %v, %v; want a DamagedError", s, err)
	}
	if s == nil || !reflect.DeepEqual(s, &State{Version: Version}) {
		t.Fatalf("state beside a DamagedError: %+v", s)
	}
	if place := fmt.Sprintf("%s:%d:%d: ", d.Path, d.Line, d.Column); !strings.HasPrefix(err.Error(), place) {
		t.Errorf("message %q does not begin with %q", err, place)
	}
	if d.AsideErr == nil && !strings.Contains(err.Error(), d.Aside) {
		t.Errorf("message %q does not name %q", err, d.Aside)
	}
	return d
}

func TestDamageIsNamed(t *testing.T) {
	const head, tail = "{\"version\":1,\"apps\":[\n{\"id\":0,\"name\":\"ä\"},\n", "\n]}\n"
	for _, c := range []struct {
		text         string
		line, column int
		says         string
	}{
		{"", 1, 1, "expected a value, but the text ends"},
		{"\x00\x00\x00\x00", 1, 1, "expected a value, not '\\x00'"},
		{"null", 1, 1, "expected an object"},
		{"{}", 1, 1, "no version"},
		{`{"version":1} x`, 1, 15, "expected the end, not 'x'"},
		{`{"version":"1"}`, 1, 12, `"version": json: cannot unmarshal string`},
		{head + `{"id":"1"}` + tail, 3, 7, `"id": json: cannot unmarshal string`},
		{head + `{"id":1,"x":"ä","created_at":"soon"}` + tail, 3, 30, `"created_at"`},
		{head + `{"id":1,"instances":[{"process":{"pid":1.5}}]}` + tail, 3, 33, `"process"`},
		{head + `{"id":1,"instances":[{"index":1},{"index":1}]}` + tail, 3, 34, "instance 1 is there twice"},
		{head + `{"id":0}` + tail, 3, 1, "app id 0 is there twice"},
		{head + `{"id":1,}` + tail, 3, 9, `expected a name, not '}'`},
		{head + `{"id":1,"name":"a` + "\n" + `b"}` + tail, 3, 18, `expected the end of a string, not '\n'`},
		{head + `{"id":1` + tail, 3, 8, `expected ',' or '}', but the line ends`},
		{head + `{"id":1,` + "\n" + `{"id":2}` + tail, 3, 9, `expected a name, but the line ends`},
		{head + `{"id":1}` + "\n" + `{"id":2}` + tail, 3, 9, `expected ',' or ']', but the line ends`},
		{head + `{"id":1},` + "\nx" + tail, 4, 1, `expected a value, not 'x'`},
		{head + `{"id":1},` + tail, 3, 10, `expected a value, but the line ends`},
		{head + `{"id":1}` + "\n", 3, 9, `expected ',' or ']', but the text ends`},
		{head + `null` + tail, 3, 1, "expected an object"},
	} {
		path := filepath.Join(t.TempDir(), "state.json")
		writeFile(t, path, c.text)
		s, err := Load(path)
		d := damaged(t, s, err)
		if d.Line != c.line || d.Column != c.column || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v\nwant %d:%d: … %s", c.text, err, c.line, c.column, c.says)
		}
	}
}

func TestDamagedCopies(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	load := func(text string) *DamagedError {
		t.Helper()
		writeFile(t, path, text)
		s, err := Load(path)
		return damaged(t, s, err)
	}
	var kept []string
	for i := range keptAside + 2 {
		d := load(strings.Repeat("x", i))
		if again := load(strings.Repeat("x", i)); again.Aside != d.Aside {
			t.Errorf("the same damage was kept twice, in %s and %s", d.Aside, again.Aside)
		}
		if slices.Contains(kept, d.Aside) {
			t.Errorf("%s was written again", d.Aside)
		}
		kept = append(kept, d.Aside)
		if info, err := os.Stat(d.Aside); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
			t.Errorf("mode of the copy: %v, %v", info.Mode(), err)
		}
	}
	names := []string{"state.json"}
	for i, name := range kept[2:] {
		if text := readFile(t, name); text != strings.Repeat("x", i+2) {
			t.Errorf("copy %d holds %q", i+2, text)
		}
		names = append(names, filepath.Base(name))
	}
	noFiles(t, filepath.Dir(path), names...)
	if err := Save(path, fullState()); err != nil {
		t.Fatal(err)
	}
	if s, err := Load(path); err != nil || len(s.Apps) != 2 {
		t.Errorf("after a Save over the damaged file: %+v, %v", s, err)
	}
}

// Without a copy the damage is told all the same.
func TestDamagedCopyCannotBeKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	for n := range 5 {
		writeFile(t, path, "{")
		f := &fault{n: n}
		s, err := f.calls().load(path)
		d := damaged(t, s, err)
		if f.name == "" { // nothing failed
			os.Remove(d.Aside)
			continue
		}
		if d.Aside != "" || !errors.Is(err, errInjected) || !strings.Contains(err.Error(), "no copy could be kept") {
			t.Errorf("%s failed: aside %q, %v", f.name, d.Aside, err)
		}
		noFiles(t, filepath.Dir(path), "state.json")
	}
}
