package tasklist

import (
	"golang.org/x/sys/windows"

	"forever/internal/proc"
)

func isKernel(proc.Entry) bool { return false }

// session is the session's number.
func (t *task) session() int {
	var id uint32
	if windows.ProcessIdToSessionId(uint32(t.PID), &id) != nil {
		return 0
	}
	return int(id)
}

// sessionName is that of the first session, where services live, or of the
// others, where people do.
func (t *task) sessionName() string {
	if t.session() == 0 {
		return "Services"
	}
	return "Console"
}

// modules are not told without debugging the task.
func (t *task) modules() []string { return nil }
