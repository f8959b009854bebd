package wire

import "slices"

// The states of an instance (docs/architecture.md draws the changes).
const (
	Starting = "starting"
	Online   = "online"
	Stopping = "stopping"
	Stopped  = "stopped"
	Backoff  = "backoff"
	Exited   = "exited"
	Failed   = "failed"
)

// Worst is the status of an app whose instances have these: the one that a person
// should know of first. What is about to change comes before what rests, so that an
// app is not called stopped before all of it is. Without instances it is stopped.
func Worst(statuses []string) string {
	for _, status := range [...]string{Failed, Backoff, Starting, Stopping, Stopped, Exited, Online} {
		if slices.Contains(statuses, status) {
			return status
		}
	}
	return Stopped
}

// Deleted is the state of an app that is forgotten; it occurs in events only.
const Deleted = "deleted"

// What the user wants of an app.
const (
	DesiredRunning = "running"
	DesiredStopped = "stopped"
)

// App is one app as `list --json` prints it. Fields are only ever added.
type App struct {
	ID          int        `json:"id"`
	Name        string     `json:"name"`
	Namespace   string     `json:"namespace"`
	UID         string     `json:"uid"`
	Status      string     `json:"status"` // of the worst instance
	Mode        string     `json:"mode"`   // fork or cluster
	Script      string     `json:"script"`
	Interpreter string     `json:"interpreter"`
	Args        []string   `json:"args"`
	Cwd         string     `json:"cwd"`
	Restarts    int        `json:"restarts"`
	Desired     string     `json:"desired"`
	CreatedAt   Moment     `json:"created_at"`
	OutFile     string     `json:"out_file"`
	ErrFile     string     `json:"err_file"`
	PidFile     string     `json:"pid_file"`
	Instances   []Instance `json:"instances"`

	// Spec is there only where it was asked for (describe); its environment
	// only with describe --env.
	Spec *Spec `json:"spec,omitempty"`
	// Typed and ConfigFile let a TARGET name the app as it was started.
	Typed      string `json:"typed,omitempty"`
	ConfigFile string `json:"config_file,omitempty"`
	// NextCron is when a cron pattern starts it anew next.
	NextCron Moment `json:"next_cron,omitzero"`
}

// Instance is one process slot of an app.
type Instance struct {
	Index     int    `json:"index"`
	PID       int    `json:"pid"` // 0: no process
	Status    string `json:"status"`
	Restarts  int    `json:"restarts"`
	StartedAt Moment `json:"started_at"` // null: no process
	// Start is the start time of PID as the kernel counts it (pidfile.Process);
	// with it a PID that was given to another process is recognised. 0: unknown.
	Start       uint64  `json:"start,omitempty"`
	UptimeMS    int64   `json:"uptime_ms"`
	CPUPercent  float64 `json:"cpu_percent"`
	MemoryBytes uint64  `json:"memory_bytes"`
	Ports       []int   `json:"ports"`
	LastExit    *Exit   `json:"last_exit"` // null before the first
	NextTryMS   int64   `json:"next_try_ms"`
	// Exits are the last ones, newest first (describe).
	Exits []Exit `json:"exits,omitempty"`
	// Sharing says how a cluster instance shares its ports, or why it does not.
	Sharing string `json:"sharing,omitempty"`
	// Health is what the checks of it have found; none: it is not checked.
	Health *Health `json:"health,omitempty"`
	// Says is what the program says of itself (STATUS of sd_notify(3)).
	Says string `json:"says,omitempty"`
	// Note is what else a person should know, e.g. that output was lost to a full disk.
	Note string `json:"note,omitempty"`
}

// Exit tells how one life of an instance ended.
type Exit struct {
	PID    int    `json:"pid,omitempty"`
	Code   int    `json:"code"`   // exit code; 128+n after a death by signal n; -1 unknown
	Signal string `json:"signal"` // SIGKILL …, or empty
	// Blamed: we ended it since it was not ready in time, or not well; that is a
	// failure, whatever its code.
	Blamed bool   `json:"blamed,omitempty"`
	Core   bool   `json:"core,omitempty"`
	OOM    bool   `json:"oom,omitempty"`
	At     Moment `json:"at"`
	RanMS  int64  `json:"ran_ms"`
	Reason string `json:"reason"` // for people: "exit code 1", "killed by SIGKILL (out of memory)"
}

// The values of Health.Status.
const (
	HealthUnknown = "starting" // no check has ended yet
	HealthGood    = "healthy"
	HealthBad     = "unhealthy"
)

// Health is what the checks of an instance's process have found.
type Health struct {
	Status    string `json:"status"`
	Failures  int    `json:"failures"`            // in a row, up to the last check
	Reason    string `json:"reason,omitempty"`    // what the last check found, if it failed
	CheckedAt Moment `json:"checked_at,omitzero"` // when the last one ended
}
