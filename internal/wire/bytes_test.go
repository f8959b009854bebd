package wire

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestBytesSurviveJSON(t *testing.T) {
	nice := 3
	for name, spec := range map[string]Spec{
		"text":  {Script: "/srv/ünï �", Env: []string{`A=\ufffd`}, Nice: &nice},
		"bytes": {Script: "/srv/\xff.sh", Args: []string{"a\xfe\xffz", "", "ö\x80"}, Env: []string{"B=\xc3"}, Watch: &Watch{Dirs: []string{"\xff"}}, Nice: &nice},
	} {
		text, err := Marshal(&StartRequest{Specs: []Spec{spec}})
		if err != nil {
			t.Fatal(err)
		}
		var back StartRequest
		if err := Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back.Specs, []Spec{spec}) {
			t.Errorf("%s became %+v, %v by way of %s", name, back.Specs, err, text)
		}
	}
}

// What needs no escape is what every JSON encoder writes.
func TestPlainTextIsPlainJSON(t *testing.T) {
	app := App{Name: "wäb", Args: []string{"�", `\ufffd`}, CreatedAt: Moment{time.Unix(1767323045, 0)}, Instances: []Instance{{LastExit: &Exit{Code: 1}}}}
	got, err := Marshal(app)
	want, _ := json.Marshal(app)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestEscapeLeavesTheOriginalAlone(t *testing.T) {
	args := []string{"\xff"}
	spec := Spec{Args: args}
	if got := Escape(&spec).(*Spec).Args[0]; got != "\x00ff" || args[0] != "\xff" {
		t.Errorf("%q, of %q", got, args)
	}
}

// A zero byte that stands for nothing stays.
func TestRestoreOfForeignText(t *testing.T) {
	for _, s := range []string{"\x00", "a\x00", "\x00f", "\x00zz", "\x00\x00"} {
		if got := restore(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("a\xffb\xc3\x28ü")
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsRune(s, 0) {
			t.Skip("no string of the system has it")
		}
		text, err := json.Marshal(escape(s))
		if err != nil || Lossy(text) && !strings.Contains(s, `\ufffd`) {
			t.Fatalf("%q: %s, %v", s, text, err)
		}
		var back string
		if err := json.Unmarshal(text, &back); err != nil || restore(back) != s {
			t.Errorf("%q became %q, %v", s, restore(back), err)
		}
	})
}
