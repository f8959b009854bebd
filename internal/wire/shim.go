package wire

import (
	"encoding/json"
	"time"
)

// ShimVersion is the version of the messages between supervisor and shim.
// Either side may be the older one: fields are only added, and an operation
// that is not known is answered with an error.
const ShimVersion = 1

// Operations that the supervisor asks of the shim. Each with a Seq is answered
// by OpDone, OpSlot or OpSpawned with the same Seq.
const (
	OpOpen   = "open"   // make a slot with its pipes → OpSlot
	OpAdopt  = "adopt"  // make a slot around a process that is alive already → OpSlot
	OpMain   = "main"   // a descendant of the slot's process is its process from now on → OpSlot
	OpSpawn  = "spawn"  // start the slot's process → OpSpawned
	OpStand  = "stand"  // take a standing order for the slot's process PID; none: it is withdrawn
	OpSignal = "signal" // signal the slot's process or its group → OpDone
	OpForget = "forget" // an exit has been recorded; it need not be told again
	OpClose  = "close"  // drop an empty slot and its pipes
	OpPut    = "put"    // keep a descriptor under a name
	OpDrop   = "drop"   // let go of a named descriptor
	OpUpdate = "update" // put another binary in charge
	OpPeek   = "peek"   // read a process's memory: its descendants may be nobody else's to read → OpDone
	OpBorrow = "borrow" // copy a process's descriptor → OpLent
	OpQuit   = "quit"   // end, if nothing runs → OpDone only when refused
)

// Operations that the shim tells the supervisor. The first four are the
// inventory with which every supervisor begins, in this order.
const (
	OpHello   = "hello"   // version and root; the control socket and the lock
	OpSlot    = "slot"    // one slot and the read ends of its pipes
	OpHeld    = "held"    // one named descriptor
	OpBegin   = "begin"   // the inventory is complete
	OpSpawned = "spawned" // the program has been executed, or why not
	OpDone    = "done"    // answer to an operation
	OpLent    = "lent"    // answer to an operation, with a descriptor that is the receiver's
	OpExit    = "exit"    // a slot's process has ended
	OpSocket  = "socket"  // the control socket was made anew
)

// OpReady is what a supervisor tells when it has reconciled and serves.
const OpReady = "ready"

// ShimMessage is one message of the shim's socketpair. Which fields count
// depends on Op. Descriptors travel beside it (SCM_RIGHTS); FDs is their number.
type ShimMessage struct {
	Op   string `json:"op"`
	Seq  uint64 `json:"seq,omitempty"`
	Slot string `json:"slot,omitempty"` // UID:INDEX
	FDs  int    `json:"fds,omitempty"`

	Streams  []string        `json:"streams,omitempty"` // open, slot: names of the pipes, in the order of the descriptors
	Plan     *Plan           `json:"plan,omitempty"`    // spawn; none: as the slot's last process
	Note     json.RawMessage `json:"note,omitempty"`    // spawn: the supervisor's own, given back by slot
	PID      int             `json:"pid,omitempty"`     // slot, spawned, forget; hello: the shim's own
	Start    uint64          `json:"start,omitempty"`   // slot, spawned: start time of PID (pidfile.Process)
	At       time.Time       `json:"at,omitzero"`       // slot, spawned: when it was executed
	Origin   *Origin         `json:"origin,omitempty"`  // slot: what was started there, where another has become the process since; main: whose place it takes
	Exits    []ShimExit      `json:"exits,omitempty"`   // slot: not forgotten yet; exit: one
	Order    *Order          `json:"order,omitempty"`   // stand
	Signal   int             `json:"signal,omitempty"`
	Group    bool            `json:"group,omitempty"` // signal: the whole process group
	Name     string          `json:"name,omitempty"`  // put, drop, held
	Addr     uint64          `json:"addr,omitempty"`  // peek
	Size     int             `json:"size,omitempty"`  // peek
	Data     []byte          `json:"data,omitempty"`  // peek: what is there
	FD       int             `json:"fd,omitempty"`    // borrow: its number there
	Version  int             `json:"version,omitempty"`
	Root     string          `json:"root,omitempty"`
	Exe      string          `json:"exe,omitempty"`      // update
	Error    string          `json:"error,omitempty"`    // empty: it went well
	Errno    int             `json:"errno,omitempty"`    // the system's number for Error, where there is one
	Unshared string          `json:"unshared,omitempty"` // spawned: why its binds are not reported
	Warning  string          `json:"warning,omitempty"`  // spawned: what the plan wanted and the system refused
}

// ShimExit is the end of a slot's process.
type ShimExit struct {
	PID    int       `json:"pid"`
	Start  uint64    `json:"start"`
	Began  time.Time `json:"began,omitzero"` // when it was executed; zero: unknown
	Status uint32    `json:"status"`         // as wait(2) gives it; only if Known
	// Known is false where the kernel did not tell, since the shim was not its parent.
	Known bool      `json:"known"`
	At    time.Time `json:"at"`
	// Alone: nothing of its group and no orphan of any program was left when it
	// ended, so that no search for leftovers is needed.
	Alone bool `json:"alone"`
	// Next is the process that a standing order put in its place. Only the exit
	// message has it: in an inventory the slot's process is the next one.
	Next *Successor `json:"next,omitempty"`
}

// Origin is the process that was started in a slot.
type Origin struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"`
}

// Successor is a process that a standing order has started.
type Successor struct {
	PID     int       `json:"pid"`
	Start   uint64    `json:"start"`
	At      time.Time `json:"at"`
	Warning string    `json:"warning,omitempty"` // as of spawn
}

// Order is a standing order: what the supervisor has decided beforehand for the
// case that a process which has proved stable ends by itself. It saves the way
// to the supervisor and back, which is half the time of a restart. It counts for
// one process and one restart; then the supervisor has to give another.
type Order struct {
	MinUptimeMS  int64           `json:"min_uptime_ms"`           // only after a run that was at least that long
	Always       bool            `json:"always,omitempty"`        // also after success
	SuccessCodes []int           `json:"success_codes,omitempty"` // what counts as success beside 0
	Note         json.RawMessage `json:"note"`                    // of the next process (spawn)
}

// Plan is how a process is started. The shim does as it says and knows no more.
type Plan struct {
	File   string    `json:"file"` // absolute path
	Argv   []string  `json:"argv"`
	Env    []string  `json:"env"`
	Dir    string    `json:"dir"`
	Umask  int       `json:"umask"` // -1: leave it
	Limits []Limit   `json:"limits,omitempty"`
	User   *Identity `json:"user,omitempty"`   // nil: the shim's own
	Nice   *int      `json:"nice,omitempty"`   // nil: the shim's own
	Out    string    `json:"out"`              // name of the slot's pipe, "held:NAME", or empty for /dev/null
	Err    string    `json:"err"`              // likewise
	Cgroup string    `json:"cgroup,omitempty"` // folder of a cgroup v2 to start it in
	// Share has the binds of the program reported (seccomp_unotify(2)). The
	// shim holds the descriptor of the reports under SLOT/binds.
	Share bool `json:"share,omitempty"`
	// ShareFiles has with them what the program removes reported (unlink(2)), where
	// a signal does not interrupt that. It means nothing without Share.
	ShareFiles bool `json:"share_files,omitempty"`
	// Sockets are the names of the held descriptors that the program gets from 3 on,
	// with LISTEN_PID set to its own PID (sd_listen_fds(3)).
	Sockets []string `json:"sockets,omitempty"`
	// Channel is the name of the held descriptor that the program gets behind them.
	Channel string `json:"channel,omitempty"`
}

// More is how many descriptors the program gets from 3 on.
func (p *Plan) More() int {
	if p.Channel != "" {
		return len(p.Sockets) + 1
	}
	return len(p.Sockets)
}
