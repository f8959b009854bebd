package monit

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"forever/internal/render"
	"forever/internal/wire"
)

var update = flag.Bool("update", false, "write testdata anew")

// The width of "…" depends on the locale; here it does not.
func TestMain(m *testing.M) {
	if os.Getenv(roleEnv) != "" {
		os.Exit(play())
	}
	runewidth.DefaultCondition.EastAsianWidth = false
	os.Exit(m.Run())
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// colorless paints nothing.
func colorless() brush { return brush{render.Fixed(nil, 80, false)} }

// golden compares a frame, without the blanks at the ends of its rows, with a
// file under testdata.
func golden(t *testing.T, name string, rows []string) {
	t.Helper()
	for i, row := range rows {
		rows[i] = strings.TrimRight(row, " ")
	}
	path := filepath.Join("testdata", name+".txt")
	text := strings.Join(rows, "\n") + "\n"
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

// fleet has an app of every kind; the instances of the first use more and more.
func fleet(turn int) []wire.App {
	load := float64(turn%40) * 1.7
	return []wire.App{
		{ID: 0, Name: "api", UID: "a", Mode: "cluster", Status: wire.Online, Desired: wire.DesiredRunning, Restarts: 3, Script: "/srv/api.js", Args: []string{"--port", "8080"}, Instances: []wire.Instance{
			{Index: 0, PID: 4242, Start: 1, Status: wire.Online, UptimeMS: 3_720_000, CPUPercent: load, MemoryBytes: 45678592 + uint64(turn)<<18, Ports: []int{8080}},
			{Index: 1, PID: 4243, Start: 1, Status: wire.Online, Restarts: 3, UptimeMS: 61_000, CPUPercent: 1, MemoryBytes: 40 << 20, Ports: []int{8080}},
		}},
		{ID: 1, Name: "a-worker-with-a-very-long-name-indeed", UID: "b", Status: wire.Backoff, Desired: wire.DesiredRunning, Restarts: 12, Script: "job.py", Instances: []wire.Instance{
			{Status: wire.Backoff, Restarts: 12, NextTryMS: 1600, LastExit: &wire.Exit{Code: 1, Reason: "exit code 1", RanMS: 20, At: wire.Moment{Time: noon.Add(-3 * time.Second)}}},
		}},
		{ID: 2, Name: "日本語", UID: "c", Status: wire.Failed, Restarts: 16, Instances: []wire.Instance{{Status: wire.Failed}}},
		{ID: 10, Name: "evil\x1b[2J\nname", UID: "d", Status: wire.Stopped, Instances: []wire.Instance{{Status: wire.Stopped}}},
	}
}

// opened is a model that has looked often enough for a graph.
func opened(turns int) *model {
	m := newModel("~/.forever", time.Second)
	for i := range turns {
		m.tick(noon.Add(time.Duration(i-turns+1) * time.Second))
		m.see(look{apps: fleet(i), live: true, sampled: true})
	}
	return m
}

// printed adds lines of output.
func printed(m *model, n int) *model {
	for i := range n {
		l := logLine{instance: i % 2, text: fmt.Sprintf("GET /users/%d 200", i)}
		if i%5 == 4 {
			l.err, l.text = true, "slow query\t1.2s ✅ and a long line that goes on and on and on and on and on"
		}
		m.logs.add([]logLine{l}, m.words)
	}
	return m
}

func keyed(m *model, keys ...key) *model {
	for _, k := range keys {
		m.press(k)
	}
	return m
}

func TestFrames(t *testing.T) {
	full := func() *model { return printed(opened(90), 60) }
	down := full()
	down.see(look{apps: fleet(1), live: false, sampled: true})
	many := newModel("/r", time.Second)
	many.see(look{apps: crowd(500), live: true, sampled: true})
	failed := full()
	failed.see(look{err: fmt.Errorf("no answer to the end within 30s")})
	said := full()
	said.say(`app "api" was not started with -i`, true)
	late := full()
	late.tick(noon.Add(9 * time.Second))
	for _, c := range []struct {
		name          string
		m             *model
		width, height int
	}{
		{"wide-80x24", full(), 80, 24},
		{"wide-120x40", full(), 120, 40},
		{"narrow-40x10", full(), 40, 10},
		{"narrow-60x20", full(), 60, 20},
		{"low-120x10", full(), 120, 10},
		{"backoff-80x24", keyed(full(), 'j'), 80, 24},
		{"stopped-80x24", keyed(full(), 'G'), 80, 24},
		{"many-80x24", keyed(many, 'G', 'k', 'k'), 80, 24},
		{"filter-80x24", keyed(full(), '/', 'W', 'o', 'r'), 80, 24},
		{"filter-nothing-80x24", keyed(full(), '/', 'x', 'y', keyEnter), 80, 24},
		{"delete-80x24", keyed(full(), 'd'), 80, 24},
		{"help-80x24", keyed(full(), '?'), 80, 24},
		{"help-40x10", keyed(full(), '?', 'j', 'j'), 40, 10},
		{"logs-80x24", keyed(full(), 'l', 'k', 'k', keyRight), 80, 24},
		{"logs-filter-80x24", keyed(full(), 'l', '/', 's', 'l', 'o', 'w', keyEnter), 80, 24},
		{"no-apps-60x10", newModelSeen(), 60, 10},
		{"no-supervisor-80x24", down, 80, 24},
		{"fault-80x24", failed, 80, 24},
		{"message-80x24", said, 80, 24},
		{"late-80x24", late, 80, 24},
		{"unwell-80x24", unwell(), 80, 24},
		{"tiny-19x5", full(), 19, 5},
	} {
		golden(t, c.name, c.m.frame(colorless(), c.width, c.height))
	}
	painted := full()
	painted.logs.add([]logLine{{text: "\x1b[33mslow\x1b[0m query"}}, "")
	golden(t, "color-80x24", painted.frame(brush{render.Fixed(nil, 80, true)}, 80, 24))
}

// unwell has an app that runs and whose checks fail.
func unwell() *model {
	m := opened(3)
	apps := fleet(3)
	apps[0].Instances[1].Health = &wire.Health{Status: wire.HealthBad, Failures: 4, Reason: "connection refused"}
	m.see(look{apps: apps, live: true, sampled: true})
	return m
}

func newModelSeen() *model {
	m := newModel("~/.forever", time.Second)
	m.see(look{live: false, sampled: true})
	return m
}

// crowd is many apps that run.
func crowd(n int) []wire.App {
	apps := make([]wire.App, n)
	for i := range apps {
		apps[i] = wire.App{ID: i, Name: fmt.Sprintf("app-%d", i), UID: fmt.Sprint(i), Status: wire.Online, Instances: []wire.Instance{
			{PID: 100 + i, Status: wire.Online, MemoryBytes: 1 << 20, UptimeMS: 1000},
		}}
	}
	return apps
}

// Whatever is shown, and however large the window is, a frame fills it: no row
// is wrapped, none is missing, and nothing but colours controls the terminal.
func TestFramesFit(t *testing.T) {
	for name, keys := range map[string][]key{
		"apps": nil, "logs": {keyTab, keyRight}, "only logs": {'l'}, "help": {'?'}, "delete": {'d'},
		"filter": {'/', '日', '本'}, "last": {'G'}, "second": {'j'},
	} {
		m := keyed(printed(opened(30), 40), keys...)
		for width := 1; width <= 130; width += 7 {
			for height := 1; height <= 45; height += 4 {
				rows := m.frame(colorless(), width, height)
				if len(rows) != height {
					t.Fatalf("%s at %dx%d: %d rows", name, width, height, len(rows))
				}
				for i, row := range rows {
					if w := render.Width(row); w != width || strings.ContainsAny(row, "\x1b\n\t") {
						t.Fatalf("%s at %dx%d: row %d has %d columns: %q", name, width, height, i, w, row)
					}
				}
			}
		}
	}
}
