package monit

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"forever/internal/render"
)

func TestKeyboard(t *testing.T) {
	for text, want := range map[string][]key{
		"":                     nil,
		"q":                    {'q'},
		"jk":                   {'j', 'k'},
		"é日":                   {'é', '日'},
		"\x1b[A\x1bOB":         {keyUp, keyDown},
		"\x1b[5~\x1b[6~":       {keyPageUp, keyPageDown},
		"\x1b[1;5C\x1b[2~x":    {'x'}, // Ctrl-Right and Insert mean nothing
		"\x1bOP\x1bxy":         {'y'}, // nor do F1 and Alt-x
		"\x1b[200~s\x1b[201~":  {keyPaste, 's', keyPasted},
		"\r\t\x7f\x03\x1a\x0c": {keyEnter, keyTab, keyBackspace, keyInterrupt, keySuspend, keyRedraw},
		"\x00\x01\xffz":        {'z'},
		"\x1b\x1b[A":           {keyEscape, keyUp},
	} {
		whole, bytewise := &keyboard{}, &keyboard{}
		got := whole.write([]byte(text))
		var one []key
		for i := range len(text) {
			one = append(one, bytewise.write([]byte{text[i]})...)
		}
		if !slices.Equal(got, want) || !slices.Equal(one, want) || whole.waits() || bytewise.waits() {
			t.Errorf("%q: %q, byte by byte %q, want %q", text, got, one, want)
		}
	}
}

func TestEscapeKey(t *testing.T) {
	k := &keyboard{}
	if got := k.write([]byte("\x1b")); got != nil || !k.waits() {
		t.Errorf("at once: %q", got)
	}
	if got := k.flush(); !slices.Equal(got, []key{keyEscape}) || k.waits() {
		t.Errorf("after a while: %q", got)
	}
	k.write([]byte("\x1b["))
	if got := k.flush(); got != nil || k.waits() {
		t.Errorf("the begin of a key: %q", got)
	}
}

func FuzzKeyboard(f *testing.F) {
	f.Add([]byte("\x1b[1;5C\x1b[200~x\x1b"))
	f.Fuzz(func(t *testing.T, text []byte) {
		k := &keyboard{}
		for _, got := range k.write(text) {
			if got == keyNone {
				t.Errorf("%q: no key was handed out", text)
			}
		}
		if len(k.part) > longest {
			t.Errorf("%q: %d bytes are held", text, len(k.part))
		}
	})
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		text        string
		from, width int
		want        string
	}{
		{"hello", 0, 8, "hello   "},
		{"hello", 0, 3, "hel"},
		{"hello", 3, 3, "lo "},
		{"hello", 9, 3, "   "},
		{"a\tb", 0, 10, "a       b "},
		{"a\tb", 7, 3, " b "},
		{"日本", 0, 3, "日 "},
		{"\x1b[31mred\x1b[0m on", 2, 4, "\x1b[31md\x1b[0m on\x1b[0m"},
		{"\x1b[31mred\x1b[0m", 0, 2, "\x1b[31mre\x1b[0m"},
		{"", 0, 2, "  "},
		{"x", 0, 0, ""},
	} {
		if got := clip(c.text, c.from, c.width); got != c.want {
			t.Errorf("clip(%q, %d, %d) = %q, want %q", c.text, c.from, c.width, got, c.want)
		}
	}
}

// Whatever a program prints, its line has the width that it was given and
// controls nothing.
func FuzzClip(f *testing.F) {
	f.Add("\x1b[31mred\x1b[0m\t日本 ✅\u0301", 2, 7)
	screen := render.Fixed(nil, 80, false)
	f.Fuzz(func(t *testing.T, text string, from, width int) {
		from, width = from&0xff, width&0xff
		got := clip(screen.Line(text), from, width)
		if w := render.Width(got); w != width || !utf8.ValidString(got) || strings.ContainsAny(got, "\x1b\t\n\r") {
			t.Errorf("clip(%q, %d, %d) = %q, %d columns", text, from, width, got, w)
		}
	})
}

func TestFit(t *testing.T) {
	b := brush{render.Fixed(nil, 80, true)}
	for _, c := range []struct {
		width int
		want  string
	}{
		{0, ""}, {2, "\x1b[31mr…\x1b[0m"}, {3, "\x1b[31mred\x1b[0m"}, {5, "\x1b[31mred\x1b[0m\x1b[1mb…\x1b[0m"}, {9, "\x1b[31mred\x1b[0m\x1b[1mbold\x1b[0m  "},
	} {
		if got := b.fit(c.width, styled("red", render.Red), piece{text: "bold", bold: true}); got != c.want {
			t.Errorf("%d: %q, want %q", c.width, got, c.want)
		}
	}
	if got := b.spread(10, []piece{plain("left side")}, []piece{plain("right")}); got != "left…right" {
		t.Errorf("%q", got)
	}
}

func TestBars(t *testing.T) {
	got := bars([]float64{-1, 0, 0.01, 50, 100, 200}, 100, 2)
	if want := []string{"    ██", "  ▁███"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestScales(t *testing.T) {
	for v, want := range map[float64]float64{0: 5, 5: 5, 5.1: 10, 99: 100, 700: 800, 801: 1000, 3200: 4000} {
		if got := roundPercent(v); got != want {
			t.Errorf("%v %%: %v, want %v", v, got, want)
		}
	}
	const mib = 1 << 20
	for v, want := range map[float64]float64{0: mib, 1: mib, 1.2 * mib: 1.5 * mib, 1.6 * mib: 2 * mib, 700 * mib: 768 * mib} {
		if got := roundBytes(v); got != want {
			t.Errorf("%v bytes: %v, want %v", v, got, want)
		}
	}
}

func TestHistory(t *testing.T) {
	h := &history{}
	if got := h.columns(3, 2, cpuOf); !slices.Equal(got, []float64{-1, -1, -1}) {
		t.Errorf("empty: %v", got)
	}
	for i := range 5 {
		h.add(usage{cpu: float32(i)})
	}
	if got := h.columns(4, 2, cpuOf); !slices.Equal(got, []float64{-1, 1, 3, 4}) {
		t.Errorf("5 looks: %v", got)
	}
	for i := range 3 * remembered {
		h.add(usage{cpu: float32(i)})
	}
	got := h.columns(remembered+1, 1, cpuOf)
	if got[0] != -1 || got[1] != 2*remembered || got[remembered] != 3*remembered-1 || len(h.ring) != remembered {
		t.Errorf("many looks: %v … %v", got[:2], got[remembered])
	}
	if h.last().cpu != 3*remembered-1 {
		t.Errorf("the last: %v", h.last())
	}
}

func TestStep(t *testing.T) {
	for _, c := range []struct {
		span, interval time.Duration
		columns, want  int
	}{
		{2 * time.Minute, time.Second, 60, 2}, {2 * time.Minute, time.Second, 43, 3}, {time.Minute, time.Second, 200, 1},
		{15 * time.Minute, 100 * time.Millisecond, 90, 10}, {time.Minute, time.Hour, 10, 1},
	} {
		if got := stepFor(c.span, c.interval, c.columns); got != c.want {
			t.Errorf("%v by %v in %d columns: %d, want %d", c.span, c.interval, c.columns, got, c.want)
		}
	}
}

// Only the rows that have changed are drawn.
func TestChanges(t *testing.T) {
	var s terminal
	first := s.changes([]string{"one", "two"}, 3, 2)
	if want := "\x1b[?2026h\x1b[2J\x1b[1;1Hone\x1b[2;1Htwo\x1b[?2026l"; first != want {
		t.Errorf("first: %q", first)
	}
	if again := s.changes([]string{"one", "two"}, 3, 2); again != "" {
		t.Errorf("nothing new: %q", again)
	}
	if one := s.changes([]string{"one", "TWO"}, 3, 2); one != "\x1b[?2026h\x1b[2;1HTWO\x1b[?2026l" {
		t.Errorf("one row: %q", one)
	}
	if all := s.changes([]string{"one", "TWO"}, 4, 2); !strings.Contains(all, "\x1b[2J") || !strings.Contains(all, "one") {
		t.Errorf("another size: %q", all)
	}
}

var errNothing = errors.New("nothing")

func TestInbox(t *testing.T) {
	b := inbox{ready: make(chan struct{}, 1)}
	old := b.begin()
	b.put(old, logLine{text: "old"}, nil)
	who := b.begin()
	b.put(old, logLine{text: "late"}, nil)
	for range 5 * keptLines {
		b.put(who, logLine{text: "new"}, nil)
	}
	<-b.ready
	lines, err := b.take()
	if err != nil || len(lines) < keptLines || len(lines) > 2*keptLines || lines[0].text != "new" {
		t.Errorf("%d lines, %v", len(lines), err)
	}
	b.put(who, logLine{}, errNothing)
	<-b.ready
	if lines, err := b.take(); len(lines) != 0 || err != errNothing {
		t.Errorf("%d lines, %v", len(lines), err)
	}
}
