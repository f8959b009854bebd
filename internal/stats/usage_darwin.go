package stats

import (
	"os/exec"
	"strconv"
	"strings"

	"forever/internal/proc"
)

// Meter returns a function that measures the processes of the groups; it says
// false for one that is gone. It runs ps(1) once for all of them: without cgo
// macOS tells these numbers no other way, and gopsutil would run it twice for
// each process.
func Meter(groups ...[]proc.Entry) func(proc.Entry) (Usage, bool) {
	var pids []string
	for _, group := range groups {
		for _, e := range group {
			pids = append(pids, strconv.Itoa(e.PID))
		}
	}
	// It exits with 1 when one of them is gone, and prints the others.
	out, _ := exec.Command("/bin/ps", "-o", "pid=,rss=,time=", "-p", strings.Join(pids, ",")).Output()
	table := parsePS(string(out))
	return func(e proc.Entry) (Usage, bool) {
		u, ok := table[e.PID]
		return u, ok
	}
}
