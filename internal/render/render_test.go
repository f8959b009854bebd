package render

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"forever/internal/wire"
)

var update = flag.Bool("update", false, "write testdata anew")

// The width of "…" depends on the locale; here it does not.
func TestMain(m *testing.M) {
	runewidth.DefaultCondition.EastAsianWidth = false
	os.Exit(m.Run())
}

// golden compares text with a file under testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s differs; got:\n%s\nwant:\n%s", name, text, want)
	}
}

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func exited(code int, ago time.Duration) *wire.Exit {
	return &wire.Exit{Code: code, At: wire.Moment{Time: now.Add(-ago)}, RanMS: 20, Reason: fmt.Sprintf("exit code %d", code)}
}

// fleet has an app of every kind that the table treats in its own way.
func fleet() []wire.App {
	return []wire.App{
		{ID: 0, Name: "web", Mode: "fork", Status: wire.Online, Restarts: 1, Instances: []wire.Instance{
			{PID: 4242, Status: wire.Online, Restarts: 1, UptimeMS: 3_720_000, CPUPercent: 0.4, MemoryBytes: 45678592, Ports: []int{8080}},
		}},
		{ID: 1, Name: "a-worker-with-a-very-long-name-indeed", Mode: "cluster", Status: wire.Backoff, Restarts: 7, Instances: []wire.Instance{
			{Index: 0, PID: 5001, Status: wire.Online, UptimeMS: 1200, CPUPercent: 250, MemoryBytes: 3 << 30, Ports: []int{9000, 9001, 9002, 9003}},
			{Index: 1, Status: wire.Backoff, Restarts: 7, LastExit: exited(1, 3*time.Second), NextTryMS: 1600},
		}},
		{ID: 2, Name: "日本語のアプリ", Mode: "fork", Status: wire.Failed, Restarts: 16, Instances: []wire.Instance{
			{Status: wire.Failed, Restarts: 16, LastExit: &wire.Exit{Signal: "SIGKILL", Code: 137, RanMS: 900, Reason: "killed by SIGKILL (out of memory)"}},
		}},
		{ID: 10, Name: "evil\x1b[2J\nname", Mode: "fork", Status: wire.Stopped, Instances: []wire.Instance{
			{Status: wire.Stopped, LastExit: exited(0, time.Hour)},
		}},
		{ID: 11, Name: "just-up", Mode: "fork", Status: wire.Starting, Instances: []wire.Instance{{PID: 77, Status: wire.Starting}}},
	}
}

func TestAppsAtSeveralWidths(t *testing.T) {
	for _, width := range []int{0, 40, 60, 80, 120} {
		var b bytes.Buffer
		if err := Apps(Fixed(&b, width, false), fleet(), now); err != nil {
			t.Fatal(err)
		}
		golden(t, fmt.Sprintf("apps-%d.txt", width), b.String())
		for _, line := range strings.Split(b.String(), "\n") {
			if width > 0 && Width(line) > width {
				t.Errorf("width %d: this line has %d columns: %q", width, Width(line), line)
			}
			if strings.HasSuffix(line, " ") || strings.Contains(line, "\x1b") {
				t.Errorf("width %d: blanks at the end or an escape sequence: %q", width, line)
			}
		}
	}
}

func TestAppsInColour(t *testing.T) {
	var b bytes.Buffer
	if err := Apps(Fixed(&b, 80, true), fleet(), now); err != nil {
		t.Fatal(err)
	}
	golden(t, "apps-color.txt", b.String())
}

func TestNoWidthBreaksALine(t *testing.T) {
	for width := 24; width < 140; width++ {
		var b bytes.Buffer
		if err := Apps(Fixed(&b, width, false), fleet(), now); err != nil {
			t.Fatal(err)
		}
		table, _, _ := strings.Cut(b.String(), "\n\n")
		for _, line := range strings.Split(table, "\n") {
			if Width(line) > max(width, 24) {
				t.Errorf("width %d: this line has %d columns: %q", width, Width(line), line)
			}
		}
	}
}

func TestDescribe(t *testing.T) {
	a := fleet()[1]
	a.Desired, a.Namespace, a.UID, a.CreatedAt = wire.DesiredRunning, "jobs", "k3Xa", wire.Moment{Time: now.Add(-50 * time.Hour)}
	a.Script, a.Interpreter, a.Args, a.Cwd = "/srv/worker.js", "/usr/bin/node", []string{"--name", "it's here", ""}, "/srv"
	a.OutFile, a.ErrFile = "/r/logs/w-out.log", "/r/logs/w-err.log"
	a.Spec = &wire.Spec{
		Umask:  0o22,
		Policy: wire.Policy{Restart: wire.RestartOnFailure, SuccessCodes: []int{3, 42}, MinUptimeMS: 1000, BackoffMinMS: 100, BackoffMaxMS: 30000, MaxRuns: 5},
		Stop:   wire.Stop{Signal: "SIGTERM", TimeoutMS: 10000},
		Env:    []string{"PATH=/bin", "EVIL=\x1b[31m"},
	}
	a.Instances[0].Sharing = "one SO_REUSEPORT socket for each instance"
	a.Instances[1].Exits = []wire.Exit{*exited(1, 3*time.Second), *exited(2, time.Minute)}
	var b bytes.Buffer
	local := time.Local
	time.Local = time.UTC
	defer func() { time.Local = local }()
	if err := Describe(Fixed(&b, 0, false), &a, now); err != nil {
		t.Fatal(err)
	}
	golden(t, "describe.txt", b.String())
}

func TestDuration(t *testing.T) {
	cases := map[time.Duration]string{
		-time.Second: "0s", 0: "0s", time.Microsecond: "1ms", 20 * time.Millisecond: "20ms", 999 * time.Millisecond: "999ms",
		time.Second: "1s", 1250 * time.Millisecond: "1.2s", 9999 * time.Millisecond: "9.9s", 10 * time.Second: "10s",
		59999 * time.Millisecond: "59s", time.Minute: "1m00s", 62 * time.Second: "1m02s", time.Hour: "1h00m",
		62*time.Minute + 59*time.Second: "1h02m", 24 * time.Hour: "1d0h", 76 * time.Hour: "3d4h", 1000 * 24 * time.Hour: "1000d0h",
	}
	for d, want := range cases {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%d) = %q, want %q", d, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	cases := map[uint64]string{
		0: "0B", 1023: "1023B", 1024: "1.0K", 45678592: "43.6M", 1<<20 - 1: "1.0M", 3 << 30: "3.0G", 1<<64 - 1: "16.0E",
	}
	for n, want := range cases {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	for p, want := range map[float64]string{0: "0.0%", 0.44: "0.4%", 99.9: "99.9%", 99.97: "100%", 250.2: "250%"} {
		if got := Percent(p); got != want {
			t.Errorf("Percent(%v) = %q, want %q", p, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	got := Words([]string{"--port=80", "", "it's", "a b", "$HOME", "ä"})
	if want := `--port=80 '' 'it'\''s' 'a b' '$HOME' ä`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEscape(t *testing.T) {
	cases := map[string]string{
		"plain": "plain", "ümläut 日本": "ümläut 日本", "a\x1b[2Jb": `a\x1b[2Jb`, "a\nb\tc\rd": `a\nb\tc\rd`,
		"\x7f\x00": `\x7f\x00`, "bad\xffutf": `bad\xffutf`, "c1\u009b": `c1\u009b`, "\u202egpj.exe": `\u202egpj.exe`, "a\u2028b": `a\u2028b`,
	}
	for in, want := range cases {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	colored := "\x1b[1;31mred\x1b[0m\tand \x1b[2Jmore\r"
	cases := []struct {
		name   string
		screen *Screen
		want   string
	}{
		{"colour", Fixed(nil, 80, true), "\x1b[1;31mred\x1b[0m\tand \\x1b[2Jmore\x1b[0m"},
		{"no colour", Fixed(nil, 80, false), "red\tand \\x1b[2Jmore"},
		{"no terminal", Fixed(nil, 0, false), "\x1b[1;31mred\x1b[0m\tand \x1b[2Jmore"},
	}
	for _, c := range cases {
		if got := c.screen.Line(colored); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("a\x1b[31mb\xff\u202e\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, out := range []string{Escape(text), Fixed(nil, 80, false).Line(text)} {
			if !utf8.ValidString(out) {
				t.Errorf("%q became %q, which is no UTF-8", text, out)
			}
			for _, r := range out {
				if (r < ' ' && r != '\t') || r == 0x7f || (r >= 0x80 && r < 0xa0) {
					t.Errorf("%q became %q, which controls the terminal", text, out)
				}
			}
		}
	})
}

func TestFold(t *testing.T) {
	cases := []struct {
		text  string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"one two three", 0, []string{"one two three"}},
		{"one two three", 7, []string{"one two", "  three"}},
		{"extraordinarily long", 4, []string{"extraordinarily", "  long"}},
	}
	for _, c := range cases {
		if got := Fold(c.text, c.width, "  "); !slices.Equal(got, c.want) {
			t.Errorf("Fold(%q, %d) = %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestMessages(t *testing.T) {
	var b bytes.Buffer
	s := Fixed(&b, 0, false)
	s.Error("app \"web\": two\nlines\x1b[2J")
	s.Warning("careful")
	s.Hint("forever list")
	s.Note("done")
	s.Quoted([]string{"last words"})
	want := "forever: error: app \"web\": two\n    lines\\x1b[2J\nforever: warning: careful\n" +
		"forever: hint: forever list\nforever: done\n    last words\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestProgressIsReplacedByWhatFollows(t *testing.T) {
	var b bytes.Buffer
	s := Fixed(&b, 20, false)
	s.Progress("stopping 3 of 10, which takes a while")
	s.Note("stopped")
	s.EndProgress()
	if want := "\rstopping 3 of 10, …\x1b[K\r\x1b[Kforever: stopped\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
	b.Reset()
	Fixed(&b, 0, false).Progress("nobody looks")
	if b.Len() != 0 {
		t.Errorf("progress was written where nobody looks: %q", b.String())
	}
}

func TestRedraw(t *testing.T) {
	var b bytes.Buffer
	if err := Fixed(&b, 80, false).Redraw([]byte("one\ntwo\n")); err != nil {
		t.Fatal(err)
	}
	if want := "\x1b[Hone\x1b[K\ntwo\x1b[K\n\x1b[J"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestColourChoice(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for choice, want := range map[ColorChoice]bool{ColorAuto: false, ColorNever: false, ColorForce: true} {
		if s := New(file, choice); s.Color != want || s.Terminal || s.Width() != 0 || s.Height() != 0 {
			t.Errorf("choice %d on a file: %+v, want colour %v", choice, s, want)
		}
	}
}

// TestListNotes says under the table what a person should know of what runs.
func TestListNotes(t *testing.T) {
	note := "7 bytes of its output could not be written: write log /l: no space left on device"
	app := wire.App{Name: "web", Status: wire.Online, Instances: []wire.Instance{
		{PID: 1, Status: wire.Online}, {Index: 1, PID: 2, Status: wire.Online, Note: note},
	}}
	var b bytes.Buffer
	if err := Apps(Fixed(&b, 0, false), []wire.App{app}, now); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(b.String(), "\n\nweb:1: "+note+"\n") {
		t.Error(b.String())
	}
}
