package tasklist

import "forever/internal/proc"

func isKernel(e proc.Entry) bool { return e.PID == 0 }

// session is the session's number.
func (t *task) session() int { return t.SID }

// sessionName is the same for all.
func (t *task) sessionName() string { return "Console" }

// modules are not told without debugging the task.
func (t *task) modules() []string { return nil }
