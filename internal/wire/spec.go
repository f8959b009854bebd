// Package wire holds the versioned messages of forever's two sockets, the
// control socket (HTTP + JSON) and the shim's socketpair, and nothing that
// acts on them.
package wire

import "strings"

// MaxInstances is far above what one machine has use for; it guards against a
// slip of the finger.
const MaxInstances = 4096

// Spec is everything needed to run an app, resolved by whoever asked for it:
// paths are absolute, the interpreter has been found, the environment is whole.
// The supervisor keeps it in the state file as it came.
type Spec struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	// UID is a short random name for the app, unique in its root. Empty: the
	// supervisor makes one.
	UID string `json:"uid,omitempty"`

	// Typed is the program as the user wrote it; a TARGET may repeat it.
	Typed string `json:"typed"`
	// Script is the absolute path of the file that is run or interpreted.
	Script string `json:"script"`
	// Interpreter is the absolute path of what reads Script; empty when Script
	// is executed itself.
	Interpreter     string   `json:"interpreter,omitempty"`
	InterpreterArgs []string `json:"interpreter_args,omitempty"`
	Args            []string `json:"args,omitempty"`
	// ConfigFile is the absolute path of the file that declared the app.
	ConfigFile string `json:"config_file,omitempty"`

	Cwd    string   `json:"cwd"`
	Env    []string `json:"env"`   // K=V, as execve takes it
	Umask  int      `json:"umask"` // -1: the shim's own
	Limits []Limit  `json:"limits,omitempty"`
	// Own tells what of these was said for the app; the rest was its caller's.
	// nil: it was started by a version that did not note it.
	Own *Own `json:"own,omitempty"`
	// User is who the program runs as; nil: who the shim runs as. Nice is its
	// priority as setpriority(2) takes it; nil: the shim's own.
	User *Identity `json:"user,omitempty"`
	Nice *int      `json:"nice,omitempty"`

	Instances int  `json:"instances"` // at least 1
	Cluster   bool `json:"cluster,omitempty"`

	// After names the apps that have to be ready before this one is started.
	After []string `json:"after,omitempty"`
	// Ready says what makes an instance ready: tcp:PORT, http:PORT/PATH, notify,
	// message or delay:DURATION; empty: that it was executed.
	Ready string `json:"ready,omitempty"`
	// Health says how an instance is checked while it is online: http:PORT/PATH,
	// tcp:PORT or exec:COMMAND, with ,interval=… ,timeout=… ,retries=… and
	// ,start-period=…; empty: not at all.
	Health string `json:"health,omitempty"`
	// WatchdogMS is the time within which the program has to say WATCHDOG=1
	// again (sd_notify(3)); 0: it need not.
	WatchdogMS int64 `json:"watchdog_ms,omitempty"`
	// Channel gives the program Node's message channel.
	Channel bool `json:"channel,omitempty"`
	// InstanceVar names the variable that holds the instance's index, beside
	// FOREVER_INSTANCE; empty: NODE_APP_INSTANCE. IncrementVar names one whose
	// number grows by one with each instance.
	InstanceVar  string `json:"instance_var,omitempty"`
	IncrementVar string `json:"increment_var,omitempty"`

	Policy Policy `json:"policy"`
	Stop   Stop   `json:"stop"`
	Output Output `json:"output"`
	// Watch says which changes of files start the app anew; nil: none.
	Watch *Watch `json:"watch,omitempty"`

	// PidFile holds the PID of instance 0 while it runs; further instances
	// put "-INDEX" before the extension. Empty: pids/NAME-ID.pid in the root.
	PidFile string `json:"pid_file,omitempty"`

	// Foreground marks an app of `forever run`: it is forgotten when it ends.
	Foreground bool `json:"foreground,omitempty"`
	// Essential ends `forever run` when the app has ended for good.
	Essential bool `json:"essential,omitempty"`
}

// Own names what of an app's surroundings is its own.
type Own struct {
	Env    []string `json:"env,omitempty"`    // names of variables, sorted
	Limits []int    `json:"limits,omitempty"` // resources
	Umask  bool     `json:"umask,omitempty"`
	// Hidden says which of the caller's variables the app does not get; see Hides.
	Hidden []string `json:"hidden,omitempty"`
}

// Hides tells whether the app does not get a variable of its caller's: its name
// contains one of the texts of Hidden, or is what follows a "=" there.
func (o *Own) Hides(name string) bool {
	for _, text := range o.Hidden {
		exact, isExact := strings.CutPrefix(text, "=")
		if isExact && name == exact || !isExact && strings.Contains(name, text) {
			return true
		}
	}
	return false
}

// Watch says which files are watched.
type Watch struct {
	On   bool     `json:"on"`
	Dirs []string `json:"dirs,omitempty"` // absolute
	// Ignore are patterns as in .gitignore; Ext the suffixes, without a dot, of
	// the files that count, where there are any.
	Ignore  []string `json:"ignore,omitempty"`
	Ext     []string `json:"ext,omitempty"`
	DelayMS int64    `json:"delay_ms,omitempty"` // of quiet before it is done; 0: the default
}

// Identity is a user as the kernel knows it.
type Identity struct {
	Name   string `json:"name,omitempty"` // for people
	UID    int    `json:"uid"`
	GID    int    `json:"gid"`
	Groups []int  `json:"groups,omitempty"` // all of them, GID among them
}

// Limit is one resource limit as setrlimit(2) takes it; RLIM_INFINITY is the
// largest uint64.
type Limit struct {
	Resource int    `json:"resource"`
	Soft     uint64 `json:"soft"`
	Hard     uint64 `json:"hard"`
}

// The restart policies.
const (
	RestartOnFailure = "on-failure"
	RestartAlways    = "always"
	RestartNever     = "never"
)

// Policy says whether and when an instance that ended is started again.
// Durations are in milliseconds.
type Policy struct {
	Restart       string `json:"restart"`                      // one of the policies above
	SuccessCodes  []int  `json:"success_exit_codes,omitempty"` // codes beside 0 that are not a failure
	MinUptimeMS   int64  `json:"min_uptime_ms"`
	BackoffMinMS  int64  `json:"backoff_min_ms"`
	BackoffMaxMS  int64  `json:"backoff_max_ms"`
	RestartDelay  int64  `json:"restart_delay_ms,omitempty"` // a wait before every restart
	MaxRuns       int    `json:"max_runs,omitempty"`         // -m: runs in all; 0: no end
	MaxRestarts   int    `json:"max_restarts,omitempty"`     // restarts in a row below min-uptime; 0: no end
	ListenTimeout int64  `json:"listen_timeout_ms,omitempty"`
	// MaxMemory is how many resident bytes the processes of an instance may have
	// together before it is replaced; 0: as many as there are.
	MaxMemory int64 `json:"max_memory,omitempty"`
	// Cron is a pattern (schedule.Parse) of the times at which the app is started
	// anew, also when it has ended; empty: none.
	Cron string `json:"cron,omitempty"`
}

// Stop says how an instance is ended.
type Stop struct {
	Signal    string `json:"signal"` // SIGTERM
	TimeoutMS int64  `json:"timeout_ms"`
	// Message asks over the channel, with PM2's 'shutdown', instead of by the signal.
	Message bool `json:"message,omitempty"`
}

// The defaults of Output: a log and its older files take 300 MiB at most.
const (
	DefaultLogSize  = 50 << 20
	DefaultLogFiles = 5
)

// The values of Output.Type.
const (
	LogRaw  = "raw"
	LogJSON = "json"
)

// Output says where an instance's stdout and stderr go. Paths are absolute;
// empty ones are the defaults under the root, logs/NAME-out.log and
// logs/NAME-err.log. With File both streams go there.
type Output struct {
	OutFile string `json:"out_file,omitempty"`
	ErrFile string `json:"err_file,omitempty"`
	File    string `json:"log_file,omitempty"`
	// Truncate empties the files at the start of the app; the default is to append.
	Truncate bool `json:"truncate,omitempty"`
	// MaxSize is the size in bytes from which on a file is put aside as FILE.1;
	// 0: DefaultLogSize, -1: never for its size. MaxFiles is how many older ones
	// are kept; 0: DefaultLogFiles, -1: none. With RotateMS a file is also put
	// aside when a period of so many milliseconds, counted from midnight, is over.
	MaxSize  int64 `json:"max_size,omitempty"`
	MaxFiles int   `json:"max_files,omitempty"`
	RotateMS int64 `json:"rotate_ms,omitempty"`
	// Time is the format of a timestamp in front of each line (docs/logs.md);
	// empty: none, and bytes go to the file as they come.
	Time string `json:"time,omitempty"`
	// Type is LogJSON for one JSON object per line; empty or LogRaw: text.
	Type string `json:"type,omitempty"`
	// Merge: all instances write whole lines to the same files.
	Merge bool `json:"merge,omitempty"`
	// Direct: the streams are descriptors that the client handed over
	// (forever run without a log file) and nothing is copied.
	Direct bool `json:"direct,omitempty"`
	// Also copies what goes to the files to the client's own streams.
	Also bool `json:"also,omitempty"`
}
