package monit

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"forever/internal/logs"
)

// firstLines is how many last lines are read when an app is chosen; leastLines
// is how many of them at least come from each of its logs.
const firstLines, leastLines = 200, 20

// settled is how long an app has to be chosen before its logs are opened: on
// the way through a list nothing is read.
const settled = 80 * time.Millisecond

// reader is what reads the logs of the chosen app.
type reader struct {
	uid       string
	instances int // as many logs there are
	stop      context.CancelFunc
}

// follow has the logs of the chosen app read, and no other ones.
func (u *ui) follow(ctx context.Context) {
	a := u.m.app()
	uid, instances, id := "", 0, 0
	if a != nil {
		uid, instances, id = a.UID, len(a.Instances), a.ID
	}
	if u.reader.uid == uid && u.reader.instances == instances {
		return
	}
	if u.reader.stop != nil {
		u.reader.stop()
	}
	u.reader = reader{uid: uid, instances: instances}
	u.m.logs = logView{uid: uid}
	who := u.inbox.begin()
	if a == nil {
		return
	}
	ctx, u.reader.stop = context.WithCancel(ctx)
	u.spawn(func() {
		if err := u.read(ctx, who, id); err != nil && ctx.Err() == nil {
			u.inbox.put(who, logLine{}, err)
		}
	})
}

// read puts the lines of an app into the inbox until ctx ends.
func (u *ui) read(ctx context.Context, who, id int) error {
	if !pause(ctx, settled) {
		return nil
	}
	sources, err := u.Logs(ctx, id)
	if err != nil {
		return err
	}
	if len(sources) == 0 {
		return errors.New("its output is not kept in a file")
	}
	byAge(sources)
	last := max(leastLines, firstLines/len(sources))
	return logs.Follow(ctx, sources, logs.Query{Last: last}, func(l logs.Line) {
		u.inbox.put(who, u.line(l), nil)
	})
}

// byAge orders logs so that the one that was written last is read last: its
// lines are then those that are seen first.
func byAge(sources []logs.Source) {
	written := map[string]time.Time{}
	for _, s := range sources {
		if st, err := os.Stat(s.Path); err == nil {
			written[s.Path] = st.ModTime()
		}
	}
	slices.SortStableFunc(sources, func(a, b logs.Source) int { return written[a.Path].Compare(written[b.Path]) })
}

// line makes a line of output harmless.
func (u *ui) line(l logs.Line) logLine {
	at := ""
	if u.Unpack != nil {
		l, at = u.Unpack(l)
	}
	if t, err := time.Parse(time.RFC3339, at); err == nil {
		at = t.Local().Format("15:04:05")
	}
	text := l.Text[:min(len(l.Text), longestLine)]
	return logLine{instance: l.Instance, err: l.Stream == "err", at: u.Out.Line(at), text: u.Out.Line(string(text))}
}

// pause waits; false: ctx has ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
