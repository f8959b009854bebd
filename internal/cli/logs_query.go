package cli

import (
	"bytes"
	"regexp"
	"strconv"
	"time"

	"forever/internal/config"
	"forever/internal/logs"
	"forever/internal/wire"
)

// defaultLines is how many last lines logs shows unasked.
const defaultLines = 20

// logQuery is what the options of logs say.
type logQuery struct {
	number, since, until, grep, highlight string
	out, err, nostream, json, raw, list   bool

	last       int
	from, to   time.Time
	match, lit *regexp.Regexp // wanted; shown in colour
}

func (q *logQuery) options() []*option {
	text := func(to *string) func(string) error {
		return func(v string) error { *to = v; return nil }
	}
	flag := func(to *bool) func(string) error {
		return func(v string) error { *to, _ = truth(v); return nil }
	}
	return []*option{
		{name: "number", aliases: []string{"n", "lines"}, kind: valued, placeholder: "N", set: text(&q.number),
			usage: "how many last lines of each log (20; with --since all); all: every line"},
		{name: "out", set: flag(&q.out), usage: "stdout only"},
		{name: "err", set: flag(&q.err), usage: "stderr only"},
		{name: "since", kind: valued, placeholder: "TIME", set: text(&q.since), usage: "what was written since then"},
		{name: "until", kind: valued, placeholder: "TIME", set: text(&q.until), usage: "what was written until then; does not follow"},
		{name: "grep", aliases: []string{"g"}, kind: valued, placeholder: "RE", set: text(&q.grep),
			usage: "lines that match a regular expression (Go's; (?i) ignores case)"},
		{name: "highlight", kind: valued, placeholder: "RE", set: text(&q.highlight), usage: "show what matches in colour"},
		{name: "nostream", aliases: []string{"no-follow"}, set: flag(&q.nostream), usage: "do not follow"},
		{name: "fifo", aliases: []string{"f", "follow"}, set: func(v string) error {
			on, _ := truth(v)
			q.nostream = !on
			return nil
		}, usage: "follow, which is the default"},
		{name: "json", set: flag(&q.json), usage: "one JSON object per line"},
		{name: "raw", set: flag(&q.raw), usage: "the lines as they were written, with nothing in front"},
		{name: "list", set: flag(&q.list), usage: "list the log files instead"},
	}
}

// check reads the texts.
func (q *logQuery) check() (err error) {
	if q.out && q.err {
		return usagef("without either both are shown", "--out and --err exclude each other")
	}
	if q.last, err = lineCount(q.number); err != nil {
		return err
	}
	if q.number == "" && q.since != "" {
		q.last = -1
	}
	now := time.Now()
	if q.from, err = moment("since", q.since, now); err != nil {
		return err
	}
	if q.to, err = moment("until", q.until, now); err != nil {
		return err
	}
	if q.match, err = expression("grep", q.grep); err != nil {
		return err
	}
	if q.lit, err = expression("highlight", q.highlight); q.lit == nil {
		q.lit = q.match
	}
	return err
}

// follows: lines that come later are wanted, too.
func (q *logQuery) follows() bool { return !q.nostream && q.to.IsZero() }

func (q *logQuery) query() logs.Query {
	l := logs.Query{Last: q.last, Since: q.from, Until: q.to}
	if q.match != nil {
		l.Match = func(text []byte) bool { return q.match.Match(bytes.TrimSuffix(text, []byte("\r"))) }
	}
	return l
}

// streams are the sources that have the wanted streams. Of both in one file only
// the wanted one is shown where the lines tell.
func (q *logQuery) streams(all []logs.Source) (list []logs.Source) {
	for _, s := range all {
		switch {
		case q.stream() == "" || s.Stream == q.stream():
			list = append(list, s)
		case s.Stream == streamBoth:
			if s.JSON {
				s.Only = both(s.Only, ofStream(q.stream()))
			}
			list = append(list, s)
		}
	}
	return list
}

// stream is the only one that is wanted, or "".
func (q *logQuery) stream() string {
	switch {
	case q.out:
		return "out"
	case q.err:
		return "err"
	}
	return ""
}

// ofStream holds for objects of a stream, and for lines that are none.
func ofStream(stream string) func(text []byte) bool {
	return func(text []byte) bool {
		o, known := parseObject(text)
		return !known || o.Stream == stream
	}
}

// both holds where a, if there is one, and b hold.
func both(a, b func([]byte) bool) func([]byte) bool {
	if a == nil {
		return b
	}
	return func(text []byte) bool { return a(text) && b(text) }
}

// lineCount reads -n: a number, or all.
func lineCount(text string) (int, error) {
	switch text {
	case "":
		return defaultLines, nil
	case "all":
		return -1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, usagef("", "option --number wants a whole number from 0, or all, not %q", text)
	}
	return n, nil
}

// moment reads a TIME: a duration before now, or a local time.
func moment(option, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.Local), nil
		}
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly, time.DateTime, "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	d, err := config.ParseDuration(text)
	if err != nil {
		return time.Time{}, usagef(`such as 10m, 15:04 or "2026-01-02 15:04:05"`, "option --%s wants a time, not %q", option, text)
	}
	return now.Add(-d), nil
}

func expression(option, text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, usagef("", "option --%s: %v", option, err)
	}
	return re, nil
}

// streamBoth is the stream of a file that both go to.
const streamBoth = "out+err"

// jsonLog tells whether the log of an app has an object per line.
func jsonLog(a *wire.App) bool { return a.Spec != nil && a.Spec.Output.Type == wire.LogJSON }
