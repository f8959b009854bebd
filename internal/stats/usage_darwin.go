package stats

import (
	"os/exec"
	"strconv"
	"strings"

	"forever/internal/proc"
)

// meter runs ps(1) once for all processes: without cgo macOS tells these
// numbers no other way, and gopsutil would run it twice for each process.
func meter(trees [][]proc.Entry) func(proc.Entry) (usage, bool) {
	var pids []string
	for _, tree := range trees {
		for _, e := range tree {
			pids = append(pids, strconv.Itoa(e.PID))
		}
	}
	// It exits with 1 when one of them is gone, and prints the others.
	out, _ := exec.Command("/bin/ps", "-o", "pid=,rss=,time=", "-p", strings.Join(pids, ",")).Output()
	table := parsePS(string(out))
	return func(e proc.Entry) (usage, bool) {
		u, ok := table[e.PID]
		return u, ok
	}
}
