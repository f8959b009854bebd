package pidfile

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// Whatever the file holds, Load understands it, and then it can be saved and
// loaded again, or calls it damaged at a place inside, and keeps a copy.
func FuzzLoad(f *testing.F) {
	full, err := json.Marshal(fullState())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full)
	f.Add([]byte(newer))
	f.Add([]byte(`{"version":1,"apps":[{"id":1,"instances":[{"x":1}]},{"id":2}]}`))
	f.Add([]byte(`{"version":1,"":0,"\ud800":1}`))
	f.Add([]byte("{\"version\":1,\"\xff\":\"\xfe\"}"))
	c := system
	c.sync = func(*os.File) error { return nil }
	c.syncDir = func(string) error { return nil }
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "state.json")
		writeFile(t, path, string(text))
		s, err := c.load(path)
		if err != nil {
			d := damaged(t, s, err)
			if lines := strings.Count(string(text), "\n") + 1; d.Line < 1 || d.Line > lines || d.Column < 1 {
				t.Errorf("%v: not a place in %d lines", err, lines)
			}
			if readFile(t, d.Aside) != string(text) {
				t.Error("the copy differs")
			}
			return
		}
		if err := c.save(path, s); err != nil {
			t.Fatalf("save what was loaded: %v", err)
		}
		first := readFile(t, path)
		again, err := c.load(path)
		if err != nil {
			t.Fatalf("load what was saved: %v\n%s", err, first)
		}
		if err := c.save(path, again); err != nil {
			t.Fatal(err)
		}
		if second := readFile(t, path); len(s.Apps) != len(again.Apps) || !s.WrittenAt.IsZero() && first != second {
			t.Errorf("saved\n%s\nthen\n%s", first, second)
		}
	})
}

// check takes what json.Valid takes, and what it takes can be cut to pieces.
func FuzzCheck(f *testing.F) {
	for _, text := range []string{
		newer, `null`, `[1,-0.5e+7,true,false,"\u12aF\n\\"]`, ` {} `, `01`, `1.`, `-`, `1e`, `+1`, `.5`, `"`, `"\x"`, `"\u12"`,
		"\"\x1f\"", "\"12345678\x1f\"", "\"\x7f\x80\xff\"", `[1,]`, `{"a"}`, `{"a":1,}`, `tru`, `truex`, `[`, `{`, `[}`, ``, `1 2`, `{1:2}`,
		strings.Repeat("[", 10001) + strings.Repeat("]", 10001), strings.Repeat("[", 10000) + strings.Repeat("]", 10000),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		err := check(text)
		if valid := json.Valid(text); valid != (err == nil) {
			t.Fatalf("check: %v, json.Valid: %v", err, valid)
		}
		if err != nil {
			var m *misplaced
			if !errors.As(err, &m) || m.offset < 0 || m.offset > len(text) {
				t.Errorf("%v: no place in %d bytes", err, len(text))
			}
		}
		members(text, func(string, []byte) error { return nil }) // must only return
		elements(text, func([]byte) error { return nil })
		if err != nil {
			return
		}
		got := map[string]any{}
		members(text, func(name string, value []byte) error {
			var v any
			if err := json.Unmarshal(value, &v); err != nil {
				t.Errorf("cut out %q: %v", value, err)
			}
			got[name] = v
			return nil
		})
		var want any
		json.Unmarshal(text, &want)
		if m, ok := want.(map[string]any); ok && !reflect.DeepEqual(got, m) {
			t.Errorf("members %v, want %v", got, m)
		}
	})
}
