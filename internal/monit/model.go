package monit

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"forever/internal/wire"
)

// pane is a part of the screen that keys can be meant for.
type pane int

const (
	paneApps pane = iota
	paneLogs
)

// mode is what keys mean for the moment.
type mode int

const (
	modeKeys   mode = iota
	modeFilter      // they are the text of a filter
	modeDelete      // y or n
	modeHelp        // they scroll the page of keys, or leave it
)

// look is the apps at one moment.
type look struct {
	apps []wire.App
	live bool // a supervisor said so, not the state file
	// sampled: cpu and memory were measured. A look between two samples has
	// been taken because an app changed, and knows neither.
	sampled bool
	err     error
}

// model is everything that a frame shows.
type model struct {
	root     string
	interval time.Duration
	now      time.Time

	apps   []wire.App // by id
	looked bool       // there has been a look
	live   bool
	fault  string // why the last look failed, or ""
	at     time.Time
	past   map[string]*history // by uid

	chosen string // uid of the app that is shown
	row    int    // its place in the list, for when it is gone
	top    int    // the first row of the list that is seen
	span   int    // of spans

	focus  pane
	full   bool // the logs have the whole screen
	mode   mode
	paste  bool     // the keys are pasted text
	doomed wire.App // whose deletion is to be confirmed
	names  string   // what the names of the apps in the list contain
	words  string   // what the lines contain
	logs   logView

	page int // the first row of the page of keys

	message string // of the last action
	bad     bool   // it tells of a failure
	until   time.Time
	quit    bool
}

func newModel(root string, interval time.Duration) *model {
	return &model{root: root, interval: interval, past: map[string]*history{}}
}

// see takes a look.
func (m *model) see(l look) {
	if l.err != nil {
		m.fault = l.err.Error()
		return
	}
	if !l.sampled {
		keepUsage(l.apps, m.apps)
	}
	m.apps, m.live, m.fault, m.looked, m.at = l.apps, l.live, "", true, m.now
	slices.SortFunc(m.apps, func(a, b wire.App) int { return cmp.Compare(a.ID, b.ID) })
	if l.sampled {
		m.remember()
	}
	m.settle()
}

// keepUsage gives processes that were measured before what was found then.
func keepUsage(apps, before []wire.App) {
	type process struct {
		pid   int
		start uint64
	}
	known := map[process]*wire.Instance{}
	for i := range before {
		for j := range before[i].Instances {
			in := &before[i].Instances[j]
			known[process{in.PID, in.Start}] = in
		}
	}
	for i := range apps {
		for j := range apps[i].Instances {
			in := &apps[i].Instances[j]
			if was := known[process{in.PID, in.Start}]; was != nil && in.PID > 0 {
				in.CPUPercent, in.MemoryBytes, in.Ports = was.CPUPercent, was.MemoryBytes, was.Ports
			}
		}
	}
}

// remember adds a sample to the history of each app, and forgets those of apps
// that are gone.
func (m *model) remember() {
	past := make(map[string]*history, len(m.apps))
	for i := range m.apps {
		a := &m.apps[i]
		h := m.past[a.UID]
		if h == nil {
			h = &history{}
		}
		h.add(used(a))
		past[a.UID] = h
	}
	m.past = past
}

// shown are the apps that pass the filter.
func (m *model) shown() []*wire.App {
	var list []*wire.App
	for i := range m.apps {
		if contains(m.apps[i].Name, m.names) {
			list = append(list, &m.apps[i])
		}
	}
	return list
}

// contains tells whether text has part in it, whatever the case.
func contains(text, part string) bool {
	return part == "" || strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// app is the chosen one, or nil where there is none.
func (m *model) app() *wire.App {
	i := slices.IndexFunc(m.apps, func(a wire.App) bool { return a.UID == m.chosen })
	if i < 0 {
		return nil
	}
	return &m.apps[i]
}

// settle chooses an app that is there: the one that was chosen, else the one
// at its place.
func (m *model) settle() {
	list := m.shown()
	if i := slices.IndexFunc(list, func(a *wire.App) bool { return a.UID == m.chosen }); i >= 0 {
		m.row = i
		return
	}
	m.chooseRow(m.row)
}

// chooseRow chooses the app in a row of the list, or the nearest one.
func (m *model) chooseRow(row int) {
	list := m.shown()
	m.row, m.chosen = 0, ""
	if len(list) > 0 {
		m.row = min(max(row, 0), len(list)-1)
		m.chosen = list[m.row].UID
	}
	if m.logs.uid != m.chosen {
		m.logs = logView{uid: m.chosen}
	}
}

// say shows a message for a while.
func (m *model) say(text string, bad bool) {
	const while = 6 * time.Second
	m.message, m.bad, m.until = text, bad, m.now.Add(while)
}

// tick tells the model what time it is.
func (m *model) tick(now time.Time) {
	m.now = now
	if m.message != "" && now.After(m.until) {
		m.message = ""
	}
}
