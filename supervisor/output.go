package supervisor

import (
	"errors"
	"fmt"
	"time"

	"forever/internal/logs"
	"forever/internal/wire"
)

// rotation is when the app's log files are put aside.
func (a *app) rotation() logs.Rotation {
	o := &a.spec.Output
	r := logs.Rotation{Size: o.MaxSize, Every: time.Duration(o.RotateMS) * time.Millisecond, Files: o.MaxFiles}
	if r.Size == 0 {
		r.Size = wire.DefaultLogSize
	}
	if r.Files == 0 {
		r.Files = wire.DefaultLogFiles
	}
	r.Size, r.Files = max(r.Size, 0), max(r.Files, 0)
	return r
}

// outputNotes tell what is wrong with the logs of an instance.
func (in *instance) outputNotes() (notes []string) {
	if !in.opened {
		return nil
	}
	for _, stream := range in.app.streams(in.index) {
		lost, err := in.app.s.pump.Lost(in.pumpKey(stream))
		switch {
		case errors.Is(err, logs.ErrUnknown) && in.logNote != "":
			notes = append(notes, in.logNote)
		case errors.Is(err, logs.ErrUnknown):
		case lost > 0:
			notes = append(notes, plural(int(lost), "byte")+" of its output could not be written: "+errText(err))
		case err != nil:
			notes = append(notes, err.Error())
		}
	}
	return notes
}

func errText(err error) string {
	if err == nil {
		return "the log was not writable"
	}
	return err.Error()
}

// logPath is the log file of a stream.
func (in *instance) logPath(stream string) string {
	out, errs := in.app.outPaths(in.index)
	if stream == streamErr && errs != "" {
		return errs
	}
	return out
}

// lines is what a line of a stream looks like in the log; nil: as the program
// wrote it.
func (in *instance) lines(stream string) *logs.Lines {
	o := &in.app.spec.Output
	if o.Time == "" && !o.Merge && o.Type != wire.LogJSON {
		return nil
	}
	return &logs.Lines{
		Time: o.Time, JSON: o.Type == wire.LogJSON,
		App: in.app.spec.Name, Instance: in.index, Stream: stream,
	}
}

// tellLogs says whose lines come from now on; 0: nobody's.
func (in *instance) tellLogs(pid int) {
	if !in.opened || in.lines(streamOut) == nil {
		return
	}
	for _, stream := range in.app.streams(in.index) {
		in.app.s.pump.Process(in.pumpKey(stream), pid)
	}
}

// actFlush empties the logs. What its programs have printed before is gone, too.
func (s *Supervisor) actFlush(a *app, index int, w *waiting) {
	for _, in := range a.chosen(index) {
		g := w.add(in, didFlushed)
		g.single = index >= 0
		paths := map[string]string{} // by key
		for _, stream := range a.streams(in.index) {
			paths[in.pumpKey(stream)] = in.logPath(stream)
		}
		go func() {
			var err *wire.Error
			for key, path := range paths {
				if bad := s.flush(key, path); bad != nil {
					err = &wire.Error{Code: wire.CodeInternal, Message: fmt.Sprintf("app %q: empty log %s: %v", g.label, path, bad)}
				}
			}
			w.reach(g, err)
		}()
	}
}

// flush empties one log, whether the pump has it or not.
func (s *Supervisor) flush(key, path string) error {
	err := s.pump.Flush(key)
	if errors.Is(err, logs.ErrUnknown) {
		return logs.Flush(path)
	}
	return err
}

// actReopen opens log files again that were renamed or deleted.
func (s *Supervisor) actReopen(a *app, w *waiting) {
	for _, in := range a.chosen(-1) {
		g := w.add(in, didReopened)
		go func() {
			s.pump.Reopen()
			w.reach(g, nil)
		}()
	}
}

// ReopenLogs is actReopen of all apps.
func (s *Supervisor) ReopenLogs() { s.pump.Reopen() }
