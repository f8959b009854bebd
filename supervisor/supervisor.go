package supervisor

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"forever/internal/clock"
	"forever/internal/listener"
	"forever/internal/logs"
	"forever/internal/probe"
	"forever/internal/proc"
	"forever/internal/watch"
	"forever/internal/weight"
	"forever/internal/wire"
	"forever/pidfile"
)

// Pump is what the supervisor needs of the logs room.
type Pump interface {
	Attach(key string, pipe *os.File, sink logs.Sink) error
	Drain(key string)
	Detach(key string)
	Resink(key string, sink logs.Sink) error
	Lost(key string) (uint64, error)
	Process(key string, pid int)
	Flush(key string) error
	Reopen()
}

// Config is what a supervisor is made of. Tests replace its parts.
type Config struct {
	Root    string
	Version string
	Boot    string // boot id
	ShimPID int
	Shim    Shim
	Pump    Pump
	Clock   clock.Clock
	Sweeper Sweeper        // nil: the real one
	Groups  *proc.Cgroups  // nil: none
	Log     io.Writer      // supervisor.log
	Jitter  func() float64 // in [-1, 1]; nil: random
	Save    func(*pidfile.State) error
	// Alone: no shim outlives this process. Then only the state file knows the
	// programs, and a start is done when their PIDs are on disk.
	Alone bool
	// WriteDelay is how long a change waits for others before the state is
	// written; a command that must be on disk does not wait.
	WriteDelay time.Duration
	// Settle waits until a program that was just started has come to rest;
	// nil: proc.WaitSettled.
	Settle func(ctx context.Context, pid int, start uint64) error
	// Measure fills in the memory of instances; nil: the system's.
	Measure func(apps []wire.App) error
	// WatchFiles watches files; nil: watch.Start.
	WatchFiles func(o watch.Options, changed func(path string)) (FileWatcher, error)
	// Check makes one check of a program's health; nil: probe.Health.Check.
	Check func(ctx context.Context, h probe.Health, of probe.Subject) error
	// UpdateRequest and UpdateError: how the last update went.
	UpdateRequest, UpdateError string
}

// Supervisor decides. Its exported methods may be called from any goroutine.
type Supervisor struct {
	Config
	root    string
	boot    string
	shimPID int
	shim    Shim
	pump    Pump
	clock   clock.Clock
	sweeper Sweeper
	groups  *proc.Cgroups
	jitter  func() float64
	since   time.Time // when it was made

	disks logs.Patience // with the logs

	inbox *mailbox
	done  chan struct{} // Run has returned

	// What follows belongs to the loop.
	apps     []*app // by id
	nextID   int
	state    *pidfile.State // as it was loaded: the fields that are not ours
	oomKills uint64
	toForget []forgotten
	dirty    bool
	active   int  // commands under way
	ending   bool // we were asked to end, and do so even if the state cannot be written
	quitting bool // nothing is left
	updating bool // another binary takes over
	used     bool // it has had something to do
	unused   clock.Timer
	warning  string
	writer   writer
	pending  *pendingBinds
	names    *listener.Names // of the files of unix sockets; nil: none is watched
	memory   measuring
	trim     weight.Trimmer

	subsMu sync.Mutex
	subs   map[*subscription]struct{}
}

// forgotten is an exit that the shim may forget when the state is written.
type forgotten struct {
	slot string
	pid  int
}

// ErrQuit is returned by Run when nothing is left to supervise.
var ErrQuit = errors.New("nothing is left to supervise")

// New returns a supervisor that knows nothing yet; Adopt comes next, then Run.
func New(c Config) *Supervisor {
	s := &Supervisor{
		Config: c, root: c.Root, boot: c.Boot, shimPID: c.ShimPID, shim: c.Shim,
		pump: c.Pump, clock: c.Clock, sweeper: c.Sweeper, groups: c.Groups, jitter: c.Jitter,
		inbox: newMailbox(), done: make(chan struct{}),
		subs: map[*subscription]struct{}{},
	}
	if s.sweeper == nil {
		s.sweeper = &sweeper{groups: c.Groups}
	}
	if s.jitter == nil {
		s.jitter = func() float64 { return 2*rand.Float64() - 1 }
	}
	if s.Measure == nil {
		s.Measure = systemMemory
	}
	if s.WatchFiles == nil {
		s.WatchFiles = systemFiles
	}
	if s.Check == nil {
		s.Check = func(ctx context.Context, h probe.Health, of probe.Subject) error { return h.Check(ctx, of) }
	}
	if s.Settle == nil {
		s.Settle = proc.WaitSettled
	}
	s.since = s.clock.Now()
	s.oomKills, _ = proc.OOMKills() // where the kernel does not tell there is nothing to compare
	s.writer.s = s
	return s
}

// GroupsName is the short name of a root for its cgroups.
func GroupsName(root string) string {
	h := fnv.New64a()
	h.Write([]byte(root))
	return strconv.FormatUint(h.Sum64(), 36)
}

// Run is the loop. It returns ErrQuit when nothing is left to supervise,
// ErrUpdate, or ctx's error.
func (s *Supervisor) Run(ctx context.Context) error {
	defer close(s.done)
	for {
		select {
		case <-s.inbox.wake:
			s.inbox.run() // many changes become one write
			s.turn()
			switch {
			case s.updating:
				return ErrUpdate
			case s.quitting:
				return ErrQuit
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// turn is the end of a round of the loop.
func (s *Supervisor) turn() {
	if s.dirty {
		s.trim.Worked()
		s.tend()
		s.dirty = false
		s.writer.later()
	}
	s.quitting = s.idle()
}

// post has f executed by the loop, if it still runs. It never blocks.
func (s *Supervisor) post(f func()) { s.inbox.put(f) }

// ask has f executed by the loop and waits for it; false: the loop has ended.
func (s *Supervisor) ask(f func()) bool {
	finished := make(chan struct{})
	s.post(func() { f(); close(finished) })
	select {
	case <-finished:
		return true
	case <-s.done:
		return false
	}
}

// mustAsk is ask for an answer that has no way to fail: when the loop has ended
// this process is about to, and its silence sends the client to the next.
func (s *Supervisor) mustAsk(f func()) {
	if !s.ask(f) {
		select {}
	}
}

func (s *Supervisor) changed() { s.dirty = true }

// idle: nothing is left to do, and nobody is about to ask for something.
func (s *Supervisor) idle() bool {
	if s.working() {
		s.used = true
		return false
	}
	// What is not on disk would be forgotten, and what was stopped run again.
	written := !s.writer.busy() || s.ending && s.writer.failed != nil
	return written && !s.awaited()
}

// working: something runs or waits to run, or a command is under way.
func (s *Supervisor) working() bool {
	return s.active > 0 || slices.ContainsFunc(s.apps, func(a *app) bool { return !a.resting() || a.lingers() })
}

// firstCommand is how long a supervisor that has nothing to do from the start
// waits for the client that had it started: on a busy machine it may take a
// while until that connects.
const firstCommand = 5 * time.Second

// awaited: the first command has still to come.
func (s *Supervisor) awaited() bool {
	if !s.used && s.unused == nil {
		s.unused = s.clock.AfterFunc(firstCommand, func() { s.post(func() { s.used = true }) })
	}
	return !s.used
}

func (s *Supervisor) logf(format string, args ...any) {
	fmt.Fprintf(s.Log, "%s supervisor[%d]: %s\n", s.clock.Now().Format(time.RFC3339), os.Getpid(), fmt.Sprintf(format, args...))
}

// shimError: the shim is gone. Whoever listens to it sees that too and makes
// this process the shim, so that here is nothing to do.
func (s *Supervisor) shimError(err error) {
	if err != nil {
		s.logf("shim: %v", err)
	}
}

// oomKill tells whether a death by SIGKILL coincides with the kernel's count
// of kills for lack of memory going up.
func (s *Supervisor) oomKill(e *wire.ShimExit) bool {
	status := waitStatus(e.Status)
	if !e.Known || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		return false
	}
	now, ok := proc.OOMKills()
	grown := ok && now > s.oomKills
	s.oomKills = now
	return grown
}

// newUID makes a short name that no app has. It is a name and no secret.
func (s *Supervisor) newUID() string {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for {
		uid := make([]byte, 4)
		for i := range uid {
			uid[i] = letters[rand.IntN(len(letters))]
		}
		if s.byUID(string(uid)) == nil {
			return string(uid)
		}
	}
}

func (s *Supervisor) byUID(uid string) *app {
	return s.find(func(a *app) bool { return a.uid == uid })
}

func (s *Supervisor) byName(name string) *app {
	return s.find(func(a *app) bool { return a.spec.Name == name })
}

func (s *Supervisor) byID(id int) *app {
	return s.find(func(a *app) bool { return a.id == id })
}

func (s *Supervisor) find(match func(*app) bool) *app {
	if i := slices.IndexFunc(s.apps, match); i >= 0 {
		return s.apps[i]
	}
	return nil
}

func (s *Supervisor) bySlot(slot string) *instance {
	for _, a := range s.apps {
		for _, in := range a.all() {
			if in.slot == slot {
				return in
			}
		}
	}
	return nil
}

// Exit tells of the end of a slot's process; the shim's handle calls it.
func (s *Supervisor) Exit(slot string, e wire.ShimExit) {
	s.post(func() {
		if in := s.bySlot(slot); in != nil {
			in.whenHeard(func() { in.fire(event{kind: Ended, exit: &e}) })
		}
	})
}

// SocketRestored: the root's files were removed and made anew; the state file
// follows.
func (s *Supervisor) SocketRestored() { s.post(s.changed) }

// Ping answers who serves.
func (s *Supervisor) Ping() (p wire.Ping) {
	s.mustAsk(func() {
		p = wire.Ping{
			Version: s.Version, API: wire.APIVersion, Root: s.root,
			SupervisorPID: os.Getpid(), ShimPID: s.shimPID, Apps: len(s.apps),
		}
	})
	return p
}

// Flush returns when what the programs have printed is in their logs. It is
// for the time after Run.
func (s *Supervisor) Flush() {
	for _, a := range s.apps {
		for _, in := range a.all() {
			for _, key := range in.pumpKeys() {
				s.pump.Drain(key)
			}
		}
	}
}
