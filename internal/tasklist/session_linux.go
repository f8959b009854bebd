package tasklist

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"forever/internal/proc"
)

// kthreadd is the parent of the kernel's threads.
const kthreadd = 2

// isKernel tells a thread of the kernel from a task. In a container 2 may be
// anybody's number, but not that of a process without a session.
func isKernel(e proc.Entry) bool {
	return e.SID == 0 && (e.PID == kthreadd || e.PPID == kthreadd)
}

// session is the session's number.
func (t *task) session() int { return t.SID }

// sessionName is the terminal of the session, or "Services".
func (t *task) sessionName() string {
	const field = 7 // tty_nr of proc_pid_stat(5)
	line, err := os.ReadFile("/proc/" + strconv.Itoa(t.PID) + "/stat")
	if err != nil {
		return none
	}
	fields := bytes.Fields(line[bytes.LastIndexByte(line, ')')+1:])
	if len(fields) <= field-3 {
		return none
	}
	n, _ := strconv.Atoi(string(fields[field-3]))
	return terminal(uint32(n))
}

// terminal names the device of a controlling terminal.
func terminal(device uint32) string {
	const firstPts, lastPts, console, serial = 136, 143, 4, 64
	major, minor := device>>8&0xfff, device&0xff|device>>12&0xfff00
	switch {
	case device == 0:
		return "Services"
	case major >= firstPts && major <= lastPts:
		return "pts/" + strconv.Itoa(int((major-firstPts)<<8|minor))
	case major == console && minor < serial:
		return "tty" + strconv.Itoa(int(minor))
	case major == console:
		return "ttyS" + strconv.Itoa(int(minor-serial))
	}
	return "Console"
}

// modules are the names of the files that are mapped into the task's memory.
func (t *task) modules() []string {
	const path = 5
	b, err := os.ReadFile("/proc/" + strconv.Itoa(t.PID) + "/maps")
	if err != nil {
		return nil
	}
	var names []string
	for line := range strings.Lines(string(b)) {
		if fields := strings.Fields(line); len(fields) > path && strings.HasPrefix(fields[path], "/") {
			names = append(names, filepath.Base(fields[path]))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
