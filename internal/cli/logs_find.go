package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"forever/internal/client"
	"forever/internal/logs"
	"forever/internal/wire"
)

// logFinder finds the logs of apps, and again those that have come meanwhile.
type logFinder struct {
	c     *call
	words []string // targets
	none  bool     // there was no app at all
	known []string // paths that were found already
	state time.Time
}

// find returns the logs of the targets, and what matches nothing.
func (f *logFinder) find() ([]logs.Source, []*wire.Error, error) {
	f.changed()
	apps, _, err := f.c.service.Apps(f.c.ctx, client.Query{Spec: true})
	if err != nil {
		return nil, nil, err
	}
	found, errs := pick(apps, f.words)
	f.none = len(found) == 0 && len(errs) == 0
	return f.fresh(logSources(found, apps)), errs, nil
}

// more returns the logs of targets that are there since the last call. It asks
// nobody unless the state file has changed.
func (f *logFinder) more() []logs.Source {
	if !f.changed() {
		return nil
	}
	list, _, err := f.find()
	if err != nil {
		f.state = time.Time{} // asked again
	}
	return list
}

// changed tells whether the state file is another since the last call.
func (f *logFinder) changed() bool {
	var at time.Time
	if st, err := os.Stat(filepath.Join(f.c.root, "state.json")); err == nil {
		at = st.ModTime()
	}
	changed := !at.Equal(f.state)
	f.state = at
	return changed
}

// fresh leaves out the files that were found before: two apps may share one.
func (f *logFinder) fresh(all []logs.Source) (list []logs.Source) {
	for _, s := range all {
		if !slices.Contains(f.known, s.Path) {
			f.known = append(f.known, s.Path)
			list = append(list, s)
		}
	}
	return list
}

// logSources are the files that hold the output of the found instances. all tells
// how many instances each app has, found or not.
func logSources(found, all []wire.App) (list []logs.Source) {
	for i := range found {
		a := &found[i]
		several := slices.ContainsFunc(all, func(b wire.App) bool { return b.ID == a.ID && len(b.Instances) > 1 })
		if !several {
			list = append(list, logFiles(a, 0, a.OutFile, a.ErrFile)...)
			continue
		}
		for _, in := range a.Instances {
			out, errs := instanceFile(a.OutFile, in.Index), instanceFile(a.ErrFile, in.Index)
			index := in.Index
			if out == a.OutFile && instanceFile(a.OutFile, index+1) == out {
				index = -1 // one file for all
			}
			list = append(list, logFiles(a, index, out, errs)...)
		}
	}
	return list
}

// logFiles are the log files of one instance.
func logFiles(a *wire.App, index int, out, errs string) (list []logs.Source) {
	add := func(path, stream string) {
		if path != "" && path != os.DevNull {
			list = append(list, logs.Source{App: a.Name, ID: a.ID, Instance: index, Path: path, Stream: stream, JSON: jsonLog(a)})
		}
	}
	if errs == "" || errs == out {
		add(out, streamBoth)
		return list
	}
	add(out, "out")
	add(errs, "err")
	return list
}

// instanceFile is the file of another instance, given that of instance 0:
// web-out-0.log and web-out-2.log.
func instanceFile(path string, index int) string {
	ext := filepath.Ext(path)
	base, ok := strings.CutSuffix(strings.TrimSuffix(path, ext), "-0")
	if !ok {
		return path // one file for all
	}
	return base + "-" + strconv.Itoa(index) + ext
}
