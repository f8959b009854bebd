package pidfile

import (
	"encoding/json"
	"time"
)

// Version is the version of the state file that this package writes.
const Version = 1

// State is the content of the state file. State, App and Instance keep the
// fields that they do not know, written by a newer forever, and write them
// again; a copy of the struct carries them along.
type State struct {
	// Version is the highest version of forever's state that has written the
	// file. Save writes Version of this package where it is 0.
	Version int `json:"version"`
	// WrittenAt is when the file was written; Save fills it in the file where it is zero.
	WrittenAt time.Time `json:"written_at"`
	// Boot is the boot id of that time; Save fills it in the file where it is empty.
	Boot string `json:"boot_id"`
	// NextID is the id of the next app. Load makes it greater than every id in use.
	NextID     int     `json:"next_id"`
	Shim       Process `json:"shim"`
	Supervisor Process `json:"supervisor"`
	Apps       []App   `json:"apps"`

	extra extra
}

// The values of App.Desired.
const (
	Running = "running"
	Stopped = "stopped"
)

// App is one app: what was asked for, and its instances.
type App struct {
	ID        int       `json:"id"`
	UID       string    `json:"uid"`
	Name      string    `json:"name"`
	Namespace string    `json:"namespace"`
	CreatedAt time.Time `json:"created_at"`
	Desired   string    `json:"desired"` // Running or Stopped
	// Request is the id of the request that made the app what it is, so that the
	// request does no harm when it comes again.
	Request   string     `json:"request_id,omitempty"`
	Instances []Instance `json:"instances"`
	// Spec is kept and written as it came; what is in it is the supervisor's
	// affair. It is replaced, never changed in place.
	Spec json.RawMessage `json:"spec"`

	extra extra
}

// Instance is one process slot of an app.
type Instance struct {
	Index   int     `json:"index"`
	Process Process `json:"process"` // zero: there is none
	Status  string  `json:"status"`
	// Origin is the process that was started, where Process has taken its place
	// since; zero: it has not.
	Origin Process `json:"origin,omitzero"`
	// Runs counts the starts, Restarts those of them that the restart policy
	// made, Short the latest of these in a row that did not reach min-uptime.
	Runs     int `json:"runs"`
	Restarts int `json:"restarts"`
	Short    int `json:"short"`
	// Then is what a command wants when the process has ended: Running or
	// Stopped; empty: the restart policy decides.
	Then string `json:"then,omitempty"`
	// Why says why its process is being ended as a failure; empty: it is not.
	Why string `json:"why,omitempty"`
	// Well says that its process was found well at some time, or said so.
	Well bool `json:"well,omitempty"`
	// WatchdogMS is the time within which the process has said that it will say
	// that it is well; 0: it said none.
	WatchdogMS int64     `json:"watchdog_ms,omitempty"`
	StartedAt  time.Time `json:"started_at,omitzero"`
	NextTry    time.Time `json:"next_try,omitzero"` // in backoff: when
	// Exits tells how earlier runs ended, in the supervisor's own form.
	Exits json.RawMessage `json:"exits,omitempty"`

	extra extra
}

// extra holds the members of an object that this version does not know. It is
// shared by the copies of a struct and not changed after it was read.
type extra map[string]json.RawMessage
