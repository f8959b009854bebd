package logs

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestLiner(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	text := newLiner(&Lines{Time: "HH:mm"})
	text.now(at)
	out, used := text.lines(nil, []byte("a\n\n\xff\nrest"), 1000)
	if string(out) != "03:04: a\n03:04: \n03:04: \xff\n" || used != 5 {
		t.Errorf("%q, %d", out, used)
	}
	out = text.end(text.part(text.part(nil, []byte("one ")), []byte("line")))
	if string(out) != "03:04: one line\n" {
		t.Errorf("%q", out)
	}
	if out, used = text.lines(nil, []byte("a\nb\nc\n"), 9); string(out) != "03:04: a\n" || used != 2 {
		t.Errorf("limit: %q, %d", out, used)
	}
	plain := newLiner(&Lines{})
	plain.now(at)
	if out, _ := plain.lines(nil, []byte("a\nb"), 1000); string(out) != "a\n" {
		t.Errorf("%q", out)
	}
	object := newLiner(&Lines{JSON: true, App: `w"eb`, Instance: 2, Stream: "out"})
	object.now(at)
	object.pid = 42
	out, _ = object.lines(nil, []byte("say \"hi\"\t\x01\\ é\xff\r\n"), 1000)
	want := `{"timestamp":"2026-01-02T03:04:05.000Z","message":"say \"hi\"\t\u0001\\ é` + "\uFFFD" + `\r","stream":"out","app":"w\"eb","instance":2,"pid":42}` + "\n"
	if string(out) != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
}

func TestNoRuneIsCut(t *testing.T) {
	object := newLiner(&Lines{JSON: true})
	for text, want := range map[string]int{
		"abc": 3, "ab\xc3": 2, "abé": 4, "a\xe2\x82": 1, "a€": 4, "\xf0\x9f\x98": 3, "a\xf0\x9f\x98": 1, "a\x80\x80\x80\x80": 5, "\xc3": 1, "": 0,
	} {
		if got := object.cut([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// FuzzJSONLines: whatever a program prints, each line is one JSON object whose
// message is the line, as far as that is UTF-8.
func FuzzJSONLines(f *testing.F) {
	f.Add([]byte("a\nb\xff\n"), 3)
	f.Add([]byte("\x00\x1f\"\\\u2028\xf0\x9f\x98\x80\n"), 12)
	f.Fuzz(func(t *testing.T, b []byte, split int) {
		n := newLiner(&Lines{JSON: true, App: "a", Stream: "err"})
		n.now(time.Unix(0, 0))
		line := strings.ReplaceAll(string(b), "\n", "")
		if split < utf8.UTFMax || split > len(line) {
			split = 0 // a piece is longer than a rune
		}
		first := []byte(line[:split])
		used := n.cut(first)
		out := n.part(nil, first[:used])
		out = n.end(n.part(out, []byte(line[used:])))
		var got struct{ Message string }
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		var want strings.Builder
		for _, r := range line {
			want.WriteRune(r)
		}
		if got.Message != want.String() && strings.ToValidUTF8(line, "") == line {
			t.Fatalf("got %q, want %q", got.Message, want.String())
		}
	})
}
