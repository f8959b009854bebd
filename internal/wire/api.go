package wire

import (
	"encoding/json"
	"time"
)

// APIVersion is the version of the control API; it is the first part of every path.
const APIVersion = 1

// Request is the part that all changing calls share.
type Request struct {
	// ID makes a repeated call harmless: a client whose supervisor was
	// replaced in the middle sends the same call with the same ID again, and
	// what was done already is not done twice. Empty: no such care.
	ID string `json:"request_id,omitempty"`
}

// StartRequest is the body of POST /v1/start.
type StartRequest struct {
	Request
	Specs []Spec `json:"specs"`
	// Force replaces an app that runs under the same name.
	Force bool `json:"force,omitempty"`
	// WaitMS: answer when every instance is ready or has failed, within this
	// time; -1: without a bound. 0: answer when it has been executed and its
	// first moments are over.
	WaitMS int64 `json:"wait_ms,omitempty"`
}

// TargetRequest is the body of POST /v1/stop, /v1/restart, /v1/delete,
// /v1/start-stopped and /v1/signal.
type TargetRequest struct {
	Request
	Targets []string `json:"targets"`
	// Cwd is the caller's folder; a target that is a relative path is meant from there.
	Cwd string `json:"cwd,omitempty"`

	Signal    string   `json:"signal,omitempty"`     // signal: which; stop: instead of the app's own
	TimeoutMS *int64   `json:"timeout_ms,omitempty"` // stop, restart, delete: instead of the app's own
	Env       []string `json:"env,omitempty"`        // restart --update-env
	WaitMS    int64    `json:"wait_ms,omitempty"`    // as in StartRequest
	Parallel  int      `json:"parallel,omitempty"`   // reload: how many instances at a time; 0: one
	Instances string   `json:"instances,omitempty"`  // scale: "4", "+2" or "-1"
	// Message is for send: any JSON. The answer is in Event.Answer.
	Message json.RawMessage `json:"message,omitempty"`
}

// The types of Event.
const (
	EventState  = "state"  // an instance changed its state
	EventResult = "result" // one target is finished, well or not
	EventDone   = "done"   // the call is finished; nothing follows
	// EventWatching is the first of a watch: from here on no change is missed.
	EventWatching = "watching"
	// EventWarning tells what a person should know beside the results, in Message.
	// With an app it is about that: its files are not watched although it asks for it.
	EventWarning = "warning"
)

// Event is one line of a streamed answer (application/x-ndjson).
type Event struct {
	Type     string    `json:"type"`
	At       time.Time `json:"at,omitzero"`
	App      string    `json:"app,omitempty"`
	ID       int       `json:"id"`
	Instance int       `json:"instance"` // -1: the app as a whole
	PID      int       `json:"pid,omitempty"`
	// PIDs are those of all instances, in a result about several of them.
	PIDs []int `json:"pids,omitempty"`
	// State events: the state entered. Result events: what was done
	// ("started", "stopped", "restarted", "deleted", "signalled").
	State   string   `json:"state,omitempty"`
	Did     string   `json:"did,omitempty"`
	Exit    *Exit    `json:"exit,omitempty"`
	NextMS  int64    `json:"next_try_ms,omitempty"`
	Lines   []string `json:"lines,omitempty"` // last lines of a program that died at once
	Err     *Error   `json:"error,omitempty"`
	Message string   `json:"message,omitempty"`
	// Answer is what a program said after a send.
	Answer json.RawMessage `json:"answer,omitempty"`
}

// Ping answers GET /v1/ping.
type Ping struct {
	Version       string `json:"version"`
	API           int    `json:"api"`
	Root          string `json:"root"`
	SupervisorPID int    `json:"supervisor_pid"`
	ShimPID       int    `json:"shim_pid"`
	Apps          int    `json:"apps"`
}

// The codes of Error.
const (
	CodeNoTarget   = "no_target"   // the target matches nothing
	CodeRunning    = "running"     // an app of that name runs already
	CodeExec       = "exec"        // the program could not be executed
	CodeDied       = "died"        // it ended in its first moments
	CodeNotReady   = "not_ready"   // readiness did not come in time
	CodeNotStopped = "not_stopped" // processes are left after SIGKILL
	CodeUsage      = "usage"       // the request was wrong
	CodeState      = "state"       // the state file cannot be written
	CodeInternal   = "internal"
)

// Error is an error as it crosses the control socket. Message says what
// happened and to what; Hint what to do, with commands that work when pasted.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	// Exit is 126 or 127 for a program that could not be executed.
	Exit int `json:"exit,omitempty"`
}

func (e *Error) Error() string { return e.Message }
