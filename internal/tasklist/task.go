package tasklist

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"forever/internal/proc"
	"forever/internal/stats"
	"forever/internal/who"
)

// none is shown where there is nothing to tell.
const none = "N/A"

// task is one process. What costs a look of its own is read when a column or a
// filter asks for it.
type task struct {
	proc.Entry
	all   *tasks
	names []string // lazily: what it may be called, the first one is shown
	used  *stats.Usage
}

// tasks is one look at all processes.
type tasks struct {
	table   *proc.Table
	list    []*task // by PID
	measure func(proc.Entry) (stats.Usage, bool)
	who.Reader
}

func look() (*tasks, error) {
	table, err := proc.Snapshot()
	if err != nil {
		return nil, err
	}
	all := &tasks{table: table}
	var entries []proc.Entry
	for e := range table.All() {
		if !isKernel(e) {
			all.list = append(all.list, &task{Entry: e, all: all})
			entries = append(entries, e)
		}
	}
	all.measure = stats.Meter(entries)
	return all, nil
}

// image is the name of the program.
func (t *task) image() string { return t.allNames()[0] }

// allNames are the names by which a person may mean the program: that of ps,
// that of its file, the first word of its command line, and what the kernel
// calls it.
func (t *task) allNames() []string {
	if t.names == nil {
		t.names = []string{who.Name(t.Entry), t.Comm}
		if exe := who.Executable(t.PID); exe != "" {
			t.names = append(t.names, filepath.Base(exe))
		}
		if args := who.Args(t.PID); len(args) > 0 {
			t.names = append(t.names, filepath.Base(args[0]))
		}
	}
	return t.names
}

func (t *task) usage() stats.Usage {
	if t.used == nil {
		u, _ := t.all.measure(t.Entry)
		t.used = &u
	}
	return *t.used
}

// memory is resident memory in KB.
func (t *task) memory() uint64 { return t.usage().Memory >> 10 }

// cpu is the cpu time in whole seconds.
func (t *task) cpu() time.Duration { return t.usage().CPU.Truncate(time.Second) }

// The states of a task. None is "Not Responding": there are no windows that
// could fail to answer.
const (
	running       = "Running"
	suspended     = "Suspended"
	notResponding = "Not Responding"
	unknown       = "Unknown"
)

func (t *task) status() string {
	switch t.State {
	case 'T', 't':
		return suspended
	case 'Z', 'X':
		return unknown
	}
	return running
}

func (t *task) user() string {
	if name := t.all.User(t.Entry); name != "" {
		return name
	}
	return none
}

// clock prints a cpu time as tasklist does: 0:00:07.
func clock(d time.Duration) string {
	s := int(d / time.Second)
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// thousands prints a number with commas: 12,345.
func thousands(n uint64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// self is this very process, which kills itself in no case.
func (t *task) self() bool { return t.PID == os.Getpid() }

// withoutExe takes the suffix off that is optional in image names.
func withoutExe(name string) string { return strings.TrimSuffix(name, ".exe") }
