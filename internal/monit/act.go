package monit

import "forever/internal/wire"

// wish is what a key asks of the world outside the model.
type wish struct {
	action    string // of the control API, or one of those below
	app       wire.App
	instances string // for scale
}

// Wishes that no supervisor is asked for.
const (
	wishSuspend = "suspend"
	wishRedraw  = "redraw"
)

// press takes a key and returns what it asks for; no action: nothing.
func (m *model) press(k key) wish {
	switch {
	case k == keyInterrupt:
		m.quit = true
		return wish{}
	case k == keyPaste || k == keyPasted:
		m.paste = k == keyPaste
		return wish{}
	case m.paste && m.mode != modeFilter:
		return wish{} // a text that slipped must not stop anything
	case k == keySuspend:
		return wish{action: wishSuspend}
	case k == keyRedraw:
		return wish{action: wishRedraw}
	}
	switch m.mode {
	case modeHelp:
		m.leaf(k)
		return wish{}
	case modeFilter:
		m.typeFilter(k)
		return wish{}
	case modeDelete:
		return m.answer(k)
	}
	m.message = ""
	if w := m.act(k); w.action != "" {
		return w
	}
	m.command(k)
	return wish{}
}

// act are the keys that change an app.
func (m *model) act(k key) wish {
	a := m.app()
	if a == nil {
		return wish{}
	}
	switch k {
	case 'r':
		return wish{action: "restart", app: *a}
	case 'R':
		return wish{action: "reload", app: *a}
	case 's':
		return wish{action: "stop", app: *a}
	case 'S':
		return wish{action: "start", app: *a}
	case '+', '=':
		return wish{action: "scale", app: *a, instances: "+1"}
	case '-', '_':
		return wish{action: "scale", app: *a, instances: "-1"}
	case 'd':
		m.mode, m.doomed = modeDelete, *a
	}
	return wish{}
}

// command are the keys that change the screen.
func (m *model) command(k key) {
	switch k {
	case 'q':
		m.quit = true
	case '?', 'h':
		m.mode, m.page = modeHelp, 0
	case '/':
		m.mode = modeFilter
	case 'z':
		m.span = (m.span + 1) % len(spans)
	case 'l':
		m.full = !m.full
		if m.full {
			m.focus = paneLogs
		}
	case keyEnter, keyTab:
		m.turn()
	case keyEscape:
		m.back()
	default:
		m.move(k)
	}
}

// turn gives the keys to the other pane.
func (m *model) turn() {
	if m.focus == paneApps {
		m.focus = paneLogs
		return
	}
	m.focus, m.full = paneApps, false
}

// back takes one thing away: the full screen, the filter, the focus of the logs.
func (m *model) back() {
	switch {
	case m.full:
		m.full = false
	case *m.filter() != "":
		*m.filter() = ""
		m.settle()
	default:
		m.focus = paneApps
	}
}

// move are the keys that go through the pane that has them.
func (m *model) move(k key) {
	const page = 10
	step := 0
	switch k {
	case keyUp, 'k':
		step = -1
	case keyDown, 'j':
		step = 1
	case keyPageUp, 'b':
		step = -page
	case keyPageDown, ' ', 'f':
		step = page
	case keyHome, 'g':
		step = -m.all()
	case keyEnd, 'G':
		step = m.all()
	case keyLeft, keyRight:
		m.sideways(k)
	}
	switch {
	case step == 0:
	case m.focus == paneLogs:
		m.logs.scroll(-step)
	default:
		m.chooseRow(m.row + step)
	}
}

// all is more rows than there are.
func (m *model) all() int { return len(m.apps) + keptLines }

// sideways moves the window over the lines to the side.
func (m *model) sideways(k key) {
	const step = 16
	if m.focus != paneLogs {
		return
	}
	if k == keyRight {
		m.logs.right = min(m.logs.right+step, longestLine)
		return
	}
	m.logs.right = max(0, m.logs.right-step)
}

// leaf scrolls the page of keys; any other key goes back.
func (m *model) leaf(k key) {
	switch k {
	case keyDown, 'j', ' ', keyPageDown:
		m.page++
	case keyUp, 'k', keyPageUp:
		m.page = max(0, m.page-1)
	default:
		m.mode = modeKeys
	}
}

// filter is the one of the pane that has the keys.
func (m *model) filter() *string {
	if m.focus == paneLogs {
		return &m.words
	}
	return &m.names
}

// typeFilter takes a key while a filter is written.
func (m *model) typeFilter(k key) {
	f := m.filter()
	switch {
	case k == keyEnter:
		m.mode = modeKeys
	case k == keyEscape:
		*f, m.mode = "", modeKeys
	case k == keyBackspace && *f == "":
		m.mode = modeKeys
	case k == keyBackspace:
		r := []rune(*f)
		*f = string(r[:len(r)-1])
	case k > 0:
		*f += string(rune(k))
	}
	m.settle()
}

// answer takes the key after "delete?". Only a y is a yes.
func (m *model) answer(k key) wish {
	m.mode = modeKeys
	if k != 'y' && k != 'Y' {
		m.say("nothing was deleted", false)
		return wish{}
	}
	return wish{action: "delete", app: m.doomed}
}
