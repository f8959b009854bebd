package supervisor

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"forever/internal/wire"
)

// What a command did, as Event.Did says it.
const (
	didStarted   = "started"
	didStopped   = "stopped"
	didRestarted = "restarted"
	didDeleted   = "deleted"
	didSignalled = "signalled"
	didReset     = "reset"
	didFlushed   = "flushed"
	didReopened  = "reopened"
	didReloaded  = "reloaded"
	didScaled    = "scaled"
	didSent      = "sent"
)

// report emits the result of each app whose goals are all done. What a command
// has done is on disk before it says so: whatever dies next, what was stopped
// stays so. false: the supervisor is being replaced, and nothing was said.
func (w *waiting) report() bool {
	results := w.takeResults()
	if len(results) > 0 && w.wishes && !w.write() {
		return false
	}
	for _, e := range results {
		w.emit(e)
	}
	return true
}

// write has the state written. That it cannot be is no reason not to go on.
func (w *waiting) write() bool {
	written := make(chan error, 1)
	if !w.s.ask(func() { w.s.writer.write(func(err error) { written <- err }) }) {
		return false
	}
	select {
	case err := <-written:
		if err != nil {
			w.emit(wire.Event{Type: wire.EventWarning, ID: -1, Instance: -1, Message: err.Error() + "; until then a supervisor that is replaced forgets what was changed"})
		}
		return true
	case <-w.s.done:
	case <-w.ctx.Done():
	}
	return false
}

func (w *waiting) takeResults() []wire.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	events := w.results
	w.results = nil
	open := map[*app]bool{}
	for _, g := range w.goals {
		open[g.app] = open[g.app] || !g.done
	}
	var rest []*goal
	byApp := map[*app][]*goal{}
	var order []*app
	for _, g := range w.goals {
		switch {
		case g.did == didSent && g.done: // each instance has its own answer
			events = append(events, result([]*goal{g}))
			continue
		case open[g.app]:
			rest = append(rest, g)
			continue
		case byApp[g.app] == nil:
			order = append(order, g.app)
		}
		byApp[g.app] = append(byApp[g.app], g)
	}
	w.goals = rest
	for _, a := range order {
		events = append(events, result(byApp[a]))
	}
	return events
}

// result puts what became of an app's goals into one event: the first error, or
// what was done.
func result(goals []*goal) wire.Event {
	first := goals[0]
	e := wire.Event{
		Type: wire.EventResult, App: first.name, ID: first.id, Instance: -1,
		PID: first.pid, Did: first.did, Message: first.message, Answer: first.answer,
	}
	if len(goals) == 1 && first.single {
		e.Instance = first.index
	}
	var failed int
	for _, g := range goals {
		if len(goals) > 1 && g.pid != 0 {
			e.PIDs = append(e.PIDs, g.pid)
		}
		if g.err == nil {
			continue
		}
		failed++
		if e.Err == nil {
			e.Err, e.Lines, e.Did = g.err, g.lines, ""
		}
	}
	if failed > 0 && len(goals) > 1 {
		e.Message = fmt.Sprintf("%d of %d instances failed", failed, len(goals))
	}
	return e
}

// tailFrom returns the last n lines of what a file has after from. It reads
// 32 KiB at most: it is for a person to look at.
func tailFrom(path string, from int64, n int) ([]string, error) {
	const most = 32 << 10
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	cut := info.Size()-from > most
	if cut {
		from = info.Size() - most
	}
	data, err := io.ReadAll(io.NewSectionReader(f, from, most))
	if err != nil {
		return nil, err
	}
	if i := bytes.IndexByte(data, '\n'); cut && i >= 0 {
		data = data[i+1:] // the first line is not whole
	}
	text := strings.TrimRight(string(data), "\n")
	if text == "" {
		return nil, nil
	}
	lines := strings.Split(text, "\n")
	return lines[max(len(lines)-n, 0):], nil
}
