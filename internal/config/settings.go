package config

import (
	"reflect"
	"time"

	"forever/internal/probe"
	"forever/internal/wire"
)

// Settings is what a user said about one app. The zero value of a field means
// that nothing was said, so that defaults, a file and flags can be laid over
// each other; numbers and switches are pointers because their zero is a value.
type Settings struct {
	// Script is the program as it was typed.
	Script string
	Args   []string
	// Command is the interpreter with its arguments, program.None for none.
	Command         string
	InterpreterArgs []string
	Cwd, SourceDir  string

	Name, Namespace, UID string
	Instances            *int // 0 and below: that many less than the machine has CPUs
	ExecMode             string

	Env     []Variable
	EnvName string // which env_NAME of a config file
	// FilterEnv says which of the caller's variables the program does not get,
	// as wire.Own has it.
	FilterEnv []string
	Umask     *int
	Limits    []wire.Limit // overrides of the caller's, the later wins

	User, Group string // names or numbers
	Nice        *int

	Restart                string
	SuccessCodes           []int
	MinUptime              *time.Duration
	BackoffMin, BackoffMax *time.Duration
	RestartDelay           *time.Duration
	MaxRuns, MaxRestarts   *int
	MaxMemory              *int64 // 0: no limit
	Cron                   string // as schedule.Parse takes it

	Watch                  *bool
	WatchDirs, WatchIgnore []string
	WatchDelay             *time.Duration
	Ext                    []string // suffixes without a dot

	KillSignal                                       string
	AskToStop                                        *bool // by a message instead of the signal
	After                                            []string
	Ready                                            string        // as probe.ParseReady takes it
	Health                                           *probe.Health // what to check; without a kind: nothing
	HealthInterval, HealthTimeout, HealthStartPeriod *time.Duration
	HealthRetries                                    *int
	Watchdog                                         *time.Duration
	InstanceVar, IncrementVar                        string
	KillTimeout                                      *time.Duration

	OutFile, ErrFile, LogFile, PidFile string
	Append, DisableLogs                *bool

	LogMaxSize       *int64 // 0: never put aside for its size
	LogMaxFiles      *int
	LogRotateEvery   *time.Duration
	Time, MergeLogs  *bool
	LogDate, LogType string

	// Wait is how long start waits for readiness; below zero without a bound.
	Wait             *time.Duration
	ListenTimeout    *time.Duration
	Force, Essential *bool

	// AppendEnv has the chosen env_NAME's NAME end the app's. Without Autostart
	// it is in the file to be started on demand. SourceMaps has Node show the
	// lines of what was compiled to JavaScript.
	AppendEnv, Autostart, SourceMaps *bool

	// ConfigFile is the absolute path of the file that said it; empty for flags
	// and for the standard input.
	ConfigFile string
	// origin is where in that file, for messages.
	origin origin
}

// Variable is one step of building an environment: a variable, or a file of them.
type Variable struct {
	Name, Value string
	// File is the path of a file with NAME=VALUE lines; Name is empty then.
	File string
}

// Merge lays over on s: what over says wins. Environments and limits are added
// up, the later winning where both name the same.
func (s *Settings) Merge(over Settings) {
	env := append(s.Env[:len(s.Env):len(s.Env)], over.Env...)
	limits := append(s.Limits[:len(s.Limits):len(s.Limits)], over.Limits...)
	at := s.origin.merge(over.origin)
	into, from := reflect.ValueOf(s).Elem(), reflect.ValueOf(over)
	for i := range from.NumField() {
		if field := from.Field(i); into.Field(i).CanSet() && !field.IsZero() {
			into.Field(i).Set(field)
		}
	}
	s.Env, s.Limits, s.origin = env, limits, at
	s.switchOff(over)
}

// switchOff takes over what was said to be off by being empty.
func (s *Settings) switchOff(over Settings) {
	if _, said := over.origin.at["cron-restart"]; said && over.Cron == "" {
		s.Cron = ""
	}
	if _, said := over.origin.at["wait-ready"]; said && over.Ready == "" && s.Ready == probe.KindMessage {
		s.Ready = ""
	}
}

// over returns the settings laid over defaults, which stay as they are.
func (s Settings) over(defaults Settings) Settings {
	defaults.Merge(s)
	return defaults
}

// WaitMS is the wait as wire.StartRequest takes it.
func (s *Settings) WaitMS() int64 {
	switch {
	case s.Wait == nil:
		return 0
	case *s.Wait < 0:
		return -1
	}
	return s.Wait.Milliseconds()
}

// Forced tells whether an app of the same name shall be replaced.
func (s *Settings) Forced() bool { return s.Force != nil && *s.Force }

// fromFile tells whether a config file, or the standard input, declared the app.
func (s *Settings) fromFile() bool { return s.origin.file != "" }
