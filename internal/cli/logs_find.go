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
	blend map[int]bool // apps, by id, of whose merged logs lines of other instances are shown, too
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
	f.blend = blended(found, apps)
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
		switch every := size(a, all); {
		case every <= 1:
			list = append(list, logFiles(a, 0, a.OutFile, a.ErrFile)...)
		case merged(a):
			list = append(list, mergedFiles(a, every)...)
		default:
			for _, in := range a.Instances {
				out, errs := instanceFile(a.OutFile, in.Index), instanceFile(a.ErrFile, in.Index)
				list = append(list, logFiles(a, in.Index, out, errs)...)
			}
		}
	}
	return list
}

// size is how many instances an app has, found or not.
func size(a *wire.App, all []wire.App) int {
	i := slices.IndexFunc(all, func(b wire.App) bool { return b.ID == a.ID })
	if i < 0 {
		return len(a.Instances)
	}
	return len(all[i].Instances)
}

// blended are the found apps of which some instances are wanted, and whose log
// does not tell them apart.
func blended(found, all []wire.App) map[int]bool {
	ids := map[int]bool{}
	for i := range found {
		a := &found[i]
		ids[a.ID] = len(a.Instances) < size(a, all) && merged(a) && !jsonLog(a)
	}
	return ids
}

// merged tells whether all instances of an app write to the same files.
func merged(a *wire.App) bool { return instanceFile(a.OutFile, 1) == a.OutFile }

// mergedFiles are the log files that all instances of an app share, of which it
// has so many. Where their lines tell them apart, only those of the found ones
// are wanted.
func mergedFiles(a *wire.App, every int) []logs.Source {
	list := logFiles(a, -1, a.OutFile, a.ErrFile)
	if !jsonLog(a) || len(a.Instances) == every {
		return list
	}
	found := make([]int, 0, len(a.Instances))
	for _, in := range a.Instances {
		found = append(found, in.Index)
	}
	for i := range list {
		list[i].Only = func(text []byte) bool {
			o, known := parseObject(text)
			return !known || slices.Contains(found, o.Instance)
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
