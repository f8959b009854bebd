package supervisor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"forever/internal/clock"
	"forever/internal/wire"
)

// lastLines is how much of its output the report of a death shows.
const lastLines = 20

// lifetime says how long a program ran that was to stay.
func lifetime(x *wire.Exit) string {
	if x == nil || milliseconds(x.RanMS) < firstMoments {
		return "at once"
	}
	return "after " + clock.Format(milliseconds(x.RanMS))
}

func reason(x *wire.Exit) string {
	if x == nil {
		return "an unknown exit code"
	}
	return x.Reason
}

// died: the report shows the last lines of what it printed.
func (w *waiting) died(g *goal, e wire.Event) {
	err := &wire.Error{Code: wire.CodeDied, Message: fmt.Sprintf("app %q: ended %s: %s", g.label, lifetime(e.Exit), reason(e.Exit))}
	err.Hint = fmt.Sprintf("forever logs %s; or forever stop %s", g.word, g.word)
	switch e.State {
	case wire.Backoff:
		err.Message += fmt.Sprintf("; next try in %s", clock.Format(milliseconds(e.NextMS)))
	case wire.Starting:
		err.Message += "; it is started again"
	default:
		err.Hint = fmt.Sprintf("forever logs %s; then forever start %s", g.word, g.word)
	}
	g.lines = w.linesOf(g)
	w.finish(g, err)
}

// notExecuted: an app that never ran is not kept in the list.
func (w *waiting) notExecuted(g *goal, e wire.Event) {
	err := *e.Err
	err.Message = fmt.Sprintf("app %q: %s", g.label, err.Message)
	if path := w.missing(g); path != "" && err.Exit == exitCode(int(syscall.ENOENT)) {
		err.Message = fmt.Sprintf("app %q: could not be executed: %s is not there any more", g.label, path)
		err.Hint = fmt.Sprintf("put it back and forever restart %s; or forever delete %[1]s", g.word)
	}
	w.finish(g, &err)
	if w.created[g.app] {
		w.s.ask(func() {
			if g.app.resting() {
				w.s.remove(g.app)
				w.wishes = true
			}
		})
	}
}

// missing is what the app cannot be executed without and what is not there: its
// folder, its interpreter or its script. Empty: it is something else. The client
// has found all of them before the first start.
func (w *waiting) missing(g *goal) string {
	var spec wire.Spec
	w.s.ask(func() { spec = g.app.spec })
	for _, path := range []string{spec.Cwd, spec.Interpreter, spec.Script} {
		if path == "" {
			continue
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return path
		}
	}
	return ""
}

// linesOf is what the instance has printed since the command began: its errors,
// or what else it said.
func (w *waiting) linesOf(g *goal) []string {
	w.drain(g)
	for _, m := range g.logs {
		var lines []string
		answered := w.s.disks.Do(m.path, func() { lines = m.lines() })
		if answered && len(lines) > 0 {
			return lines
		}
	}
	return nil
}

// lines are the last that were printed since.
func (m *logMark) lines() []string {
	info, err := os.Stat(m.path)
	if err != nil || !info.Mode().IsRegular() || info.Size() <= m.size {
		return nil
	}
	lines, err := tailFrom(m.path, m.size, lastLines)
	if err != nil {
		return nil
	}
	return lines
}

// drain has the last words of a process in its log.
func (w *waiting) drain(g *goal) {
	for _, key := range g.keys {
		w.s.pump.Drain(key)
	}
}
