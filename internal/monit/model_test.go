package monit

import (
	"fmt"
	"testing"
	"time"

	"forever/internal/wire"
)

func TestChoiceStaysWithTheApp(t *testing.T) {
	m := keyed(opened(1), 'j', 'j')
	if m.chosen != "c" {
		t.Fatalf("chosen %q", m.chosen)
	}
	m.see(look{apps: fleet(2)[1:], live: true}) // the first one is gone
	if m.chosen != "c" || m.row != 1 {
		t.Errorf("after another one is gone: %q in row %d", m.chosen, m.row)
	}
	m.see(look{apps: fleet(2)[:2], live: true}) // so is the chosen one
	if m.chosen != "b" || m.row != 1 {
		t.Errorf("after it is gone: %q in row %d", m.chosen, m.row)
	}
	m.see(look{live: true})
	if m.chosen != "" || m.app() != nil {
		t.Errorf("with none left: %q", m.chosen)
	}
	m.see(look{apps: fleet(3), live: true})
	if m.chosen != "a" {
		t.Errorf("with some again: %q", m.chosen)
	}
}

func TestKeysAct(t *testing.T) {
	for k, want := range map[key]string{'r': "restart", 'R': "reload", 's': "stop", 'S': "start", '+': "scale +1", '-': "scale -1", keySuspend: wishSuspend, keyRedraw: wishRedraw} {
		m := opened(1)
		w := m.press(k)
		got := w.action
		if w.instances != "" {
			got += " " + w.instances
		}
		if got != want || w.app.UID != "a" && w.action != wishSuspend && w.action != wishRedraw {
			t.Errorf("%q: %q of app %q, want %q", k, got, w.app.UID, want)
		}
		if w := newModelSeen().press(k); w.app.UID != "" || w.action != "" && w.action != want {
			t.Errorf("%q without an app: %+v", k, w)
		}
	}
}

func TestOnlyYesDeletes(t *testing.T) {
	for _, k := range []key{'n', 'd', keyEnter, keyEscape, ' '} {
		m := keyed(opened(1), 'd')
		if w := m.press(k); w.action != "" || m.mode != modeKeys || m.message == "" {
			t.Errorf("%q: %+v, %q", k, w, m.message)
		}
	}
	m := keyed(opened(1), 'd')
	m.see(look{apps: fleet(1)[1:], live: true}) // somebody else was quicker
	if w := m.press('y'); w.action != "delete" || w.app.UID != "a" {
		t.Errorf("the question was about a, and the answer went to %q", w.app.UID)
	}
}

func TestQuit(t *testing.T) {
	for _, keys := range [][]key{{'q'}, {keyInterrupt}, {'d', keyInterrupt}, {'?', keyInterrupt}, {'/', keyInterrupt}} {
		if m := keyed(opened(1), keys...); !m.quit {
			t.Errorf("%q does not quit", keys)
		}
	}
	if m := keyed(opened(1), '/', 'q'); m.quit || m.names != "q" {
		t.Error("a q in a filter quits")
	}
}

func TestPastedTextIsNoKeys(t *testing.T) {
	m := keyed(opened(1), keyPaste)
	for _, k := range []key{'s', 'd', 'y', 'q', keyEnter, keySuspend} {
		if w := m.press(k); w.action != "" || m.quit || m.mode != modeKeys {
			t.Errorf("%q: %+v, %v", k, w, m.mode)
		}
	}
	if w := keyed(m, keyPasted).press('s'); w.action != "stop" {
		t.Errorf("after it: %+v", w)
	}
	if keyed(m, '/', keyPaste, 'w', 'o', keyPasted, keyEnter); m.names != "wo" {
		t.Errorf("in a filter: %q", m.names)
	}
}

func TestFilterOfNames(t *testing.T) {
	m := keyed(opened(1), '/', 'W', 'O', keyBackspace, 'o', keyEnter)
	if len(m.shown()) != 1 || m.chosen != "b" || m.mode != modeKeys {
		t.Errorf("%d apps, chosen %q", len(m.shown()), m.chosen)
	}
	if keyed(m, keyEscape); len(m.shown()) != 4 || m.chosen != "b" {
		t.Errorf("after esc: %d apps, chosen %q", len(m.shown()), m.chosen)
	}
	if keyed(m, '/', 'x', keyEscape); m.names != "" || m.mode != modeKeys {
		t.Errorf("after esc while it is written: %q", m.names)
	}
	if keyed(m, '/', 'x', keyBackspace, keyBackspace); m.names != "" || m.mode != modeKeys {
		t.Errorf("after all of it is taken back: %q", m.names)
	}
}

func TestWayBack(t *testing.T) {
	m := keyed(opened(1), 'l', '/', 'x', keyEnter)
	for i, want := range []struct {
		full  bool
		words string
		focus pane
	}{{false, "x", paneLogs}, {false, "", paneLogs}, {false, "", paneApps}, {false, "", paneApps}} {
		keyed(m, keyEscape)
		if m.full != want.full || m.words != want.words || m.focus != want.focus {
			t.Errorf("after %d: %v %q %v", i+1, m.full, m.words, m.focus)
		}
	}
}

// A window that was scrolled back shows the same lines while others come.
func TestScrolledLogsStandStill(t *testing.T) {
	m := keyed(printed(opened(1), 100), keyTab, 'k', 'k', 'k')
	before := fmt.Sprint(m.logs.window("", 10))
	printed(m, 20)
	if after := fmt.Sprint(m.logs.window("", 10)); after != before {
		t.Errorf("%s\nbecame\n%s", before, after)
	}
	keyed(m, 'G')
	if m.logs.back != 0 {
		t.Errorf("G: %d lines below", m.logs.back)
	}
	keyed(m, 'g')
	if first := m.logs.window("", 10)[0]; first.text != "GET /users/0 200" {
		t.Errorf("g: %q", first.text)
	}
}

func TestLogsAreBounded(t *testing.T) {
	m := printed(opened(1), 3*keptLines)
	if n := len(m.logs.lines); n != keptLines {
		t.Errorf("%d lines", n)
	}
}

func TestMessagesPass(t *testing.T) {
	m := opened(1)
	m.say("done", false)
	m.tick(noon.Add(time.Second))
	if m.message == "" {
		t.Error("gone at once")
	}
	m.tick(noon.Add(time.Minute))
	if m.message != "" {
		t.Error("still there after a minute")
	}
}

// Between two samples an app keeps what was measured, unless its process is
// another one.
func TestLooksBetweenSamples(t *testing.T) {
	m := opened(5)
	apps := fleet(5)
	for i := range apps[0].Instances {
		in := &apps[0].Instances[i]
		in.CPUPercent, in.MemoryBytes, in.Ports = 0, 0, nil
	}
	apps[0].Instances[1].Start++
	m.see(look{apps: apps, live: true})
	got := m.apps[0].Instances
	if got[0].MemoryBytes == 0 || len(got[0].Ports) == 0 || got[1].MemoryBytes != 0 {
		t.Errorf("%+v", got)
	}
	if n := m.past["a"].count; n != 5 {
		t.Errorf("%d samples after 5", n)
	}
}

func TestHistoryIsForgottenWithTheApp(t *testing.T) {
	m := opened(3)
	m.see(look{apps: fleet(1)[1:], live: true, sampled: true})
	if m.past["a"] != nil || m.past["b"].count != 4 {
		t.Errorf("%+v", m.past)
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		ev   wire.Event
		want answer
	}{
		{wire.Event{Type: wire.EventResult, App: "web", Did: "stopped"}, answer{"stopped web", false}},
		{wire.Event{Type: wire.EventResult, App: "web", Did: "stopped", Message: "was not running"}, answer{"stopped web: was not running", false}},
		{wire.Event{Type: wire.EventResult, Err: &wire.Error{Message: "no\x1b", Hint: "try"}}, answer{`no\x1b; try`, true}},
		{wire.Event{Type: wire.EventResult, Err: &wire.Error{Message: "no"}}, answer{"no", true}},
		{wire.Event{Type: wire.EventWarning, Message: "careful"}, answer{"careful", true}},
		{wire.Event{Type: wire.EventState, State: wire.Stopping}, answer{}},
	} {
		if got := answerTo(c.ev, "web"); got != c.want {
			t.Errorf("%+v: %+v", c.ev, got)
		}
	}
}
