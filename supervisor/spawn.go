package supervisor

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"forever/internal/ipc"
	"forever/internal/logs"
	"forever/internal/probe"
	"forever/internal/wire"
)

// Shim is what the supervisor needs of the process that holds. Calls return at
// once; reply is called later, on a goroutine of the shim's handle. An error
// means that the shim is gone.
type Shim interface {
	Open(slot string, streams []string, reply func(*wire.ShimMessage)) error
	Adopt(slot string, streams []string, pid int, start uint64, reply func(*wire.ShimMessage)) error
	Main(slot string, pid int, start uint64, of wire.Origin, reply func(*wire.ShimMessage)) error
	Spawn(slot string, p *wire.Plan, note json.RawMessage, reply func(*wire.ShimMessage)) error
	Stand(slot string, pid int, o *wire.Order) error
	Signal(slot string, sig syscall.Signal, group bool, reply func(*wire.ShimMessage)) error
	Forget(slot string, pid int) error
	CloseSlot(slot string) error
	Pipe(slot, stream string) (*os.File, error)
	Put(name string, f *os.File, reply func(*wire.ShimMessage)) error
	Held(name string) (*os.File, error)
	Drop(name string) error
	Update(exe, request string, reply func(*wire.ShimMessage)) error
	Quit(reply func(*wire.ShimMessage)) error
}

// spawn has the shim make the instance's slot, if it lacks, and its process.
// Both are sent at once: the shim does one after the other.
func (s *Supervisor) spawn(in *instance) error {
	if !in.opened {
		if err := s.room(in); err != nil {
			s.refuse(in, err)
			return nil
		}
		if err := s.openSlot(in); err != nil {
			return err
		}
	}
	if err := s.newChannel(in); err != nil {
		return err
	}
	s.lend(in)
	var plan *wire.Plan // none: as before
	if !in.planned {
		s.openNotify(in)
		plan, in.planned = s.plan(in), true
	}
	return s.shim.Spawn(in.slot, plan, in.noteJSON(), func(m *wire.ShimMessage) {
		s.post(func() {
			in.unborn = false
			if in.slotless != nil {
				m, in.slotless = in.slotless, nil // that there is no slot is only what came of it
			}
			kind := Spawned
			if m.Error != "" {
				kind, in.planned = SpawnFailed, false // the shim keeps a plan that worked
			}
			in.fire(event{kind: kind, msg: m})
			in.listenOn()
		})
	})
}

// streams are the pipes that an instance needs.
func (a *app) streams(index int) []string {
	if a.spec.Output.Direct {
		return nil
	}
	out, errs := a.outPaths(index)
	switch {
	case errs == "" && a.spec.Output.Type != wire.LogJSON:
		return []string{streamOut}
	case out == os.DevNull && errs == os.DevNull:
		return nil
	}
	return []string{streamOut, streamErr}
}

// preparedSlots is how many slots are made while the state is being written,
// which takes about as long. The others are made while the shim starts the first.
const preparedSlots = 2

// prepare makes the slot of an app that is new. What cannot be had now is tried, and
// told, with the start. A log that is to be emptied is left as it is until the start
// is certain.
func (s *Supervisor) prepare(in *instance) bool {
	if in.opened || in.app.spec.Output.Truncate || s.room(in) != nil {
		return false
	}
	s.shimError(s.openSlot(in))
	return true
}

func (s *Supervisor) openSlot(in *instance) error {
	in.opened, in.slotless = true, nil
	streams := in.app.streams(in.index)
	truncate := in.app.spec.Output.Truncate
	return s.shim.Open(in.slot, streams, func(m *wire.ShimMessage) {
		s.post(func() {
			if m.Error != "" {
				in.opened, in.slotless = false, m
				return
			}
			if !in.opened {
				return // it is given up already
			}
			s.attach(in, m.Streams, truncate)
		})
	})
}

// attach has the pump move what comes out of the slot's pipes.
func (s *Supervisor) attach(in *instance, streams []string, truncate bool) {
	in.logNote = ""
	for _, stream := range streams {
		path := in.logPath(stream)
		pipe, err := s.shim.Pipe(in.slot, stream)
		if err == nil {
			err = s.pump.Attach(in.pumpKey(stream), pipe, s.sink(in, stream, path, truncate))
		}
		if err != nil {
			in.logNote = err.Error()
			s.logf("%s: %v", in.label(), err)
		}
	}
	if in.proc.PID != 0 { // else its first process is still being made, and may print already
		in.tellLogs(in.proc.PID)
	}
}

func (in *instance) pumpKey(stream string) string {
	return fmt.Sprintf("%s/%s#%d", in.slot, stream, in.generation)
}

func (in *instance) pumpKeys() (keys []string) {
	for _, stream := range []string{streamOut, streamErr} {
		keys = append(keys, in.pumpKey(stream))
	}
	return keys
}

// sink is where the bytes of a stream go.
func (s *Supervisor) sink(in *instance, stream, path string, truncate bool) logs.Sink {
	sink := logs.Sink{
		Path: path, Truncate: truncate,
		Rotate: in.app.rotation(), Lines: in.lines(stream), Index: true,
	}
	if in.app.spec.Output.Also {
		also, err := s.shim.Held(in.app.heldName(stream))
		if err != nil {
			s.logf("%s: %v", in.label(), err)
			return sink
		}
		sink.Also = also
	}
	return sink
}

func (a *app) heldName(stream string) string { return a.uid + "/" + stream }

// plan is how the instance's process is started.
func (s *Supervisor) plan(in *instance) *wire.Plan {
	spec := &in.app.spec
	file, argv := command(spec)
	p := &wire.Plan{
		File: file, Argv: argv, Env: in.environment(), Dir: spec.Cwd,
		Umask: spec.Umask, Limits: spec.Limits, User: spec.User, Nice: spec.Nice,
	}
	p.Cgroup, p.Share = in.groupFolder(), s.reports(in.app)
	p.ShareFiles = p.Share && in.app.files
	p.Sockets = in.sockets
	if spec.Channel {
		p.Channel = in.channelEnd()
	}
	streams := in.app.streams(in.index)
	switch {
	case spec.Output.Direct:
		p.Out, p.Err = "held:"+in.app.heldName(streamOut), "held:"+in.app.heldName(streamErr)
	case len(streams) == 1:
		p.Out, p.Err = streamOut, streamOut
	case len(streams) == 2:
		p.Out, p.Err = streamOut, streamErr
	}
	return p
}

// command is what is executed and its whole argument list.
func command(spec *wire.Spec) (file string, argv []string) {
	if spec.Interpreter == "" {
		return spec.Script, append([]string{spec.Script}, spec.Args...)
	}
	argv = append([]string{spec.Interpreter}, spec.InterpreterArgs...)
	return spec.Interpreter, append(append(argv, spec.Script), spec.Args...)
}

// marks are the environment strings that every process of the instance has,
// unless it cleared them: they find it again when both forever processes died.
func (in *instance) marks() []string {
	return []string{
		"FOREVER_ROOT=" + in.app.s.root,
		"FOREVER_UID=" + in.app.uid,
		"FOREVER_INSTANCE=" + strconv.Itoa(in.index),
		"FOREVER_SLOT=" + in.slot, // tells the two lives of a reload apart
	}
}

// environment is the app's, with what tells a program which instance it is;
// NODE_APP_INSTANCE, pm_id and name are for programs written for PM2.
func (in *instance) environment() []string { return in.surroundings(in.talks()) }

// surroundings is the environment with what else is given.
func (in *instance) surroundings(more []string) []string {
	index, id := strconv.Itoa(in.index), strconv.Itoa(in.app.id)
	ours := append(in.marks(),
		"FOREVER_APP="+in.app.spec.Name,
		"FOREVER_ID="+id,
		in.indexVar()+"="+index,
		"pm_id="+id,
		"name="+in.app.spec.Name,
	)
	if kv, ok := in.incremented(); ok {
		ours = append(ours, kv)
	}
	ours = append(ours, more...)
	env := make([]string, 0, len(in.app.spec.Env)+len(ours))
	for _, kv := range in.app.spec.Env {
		if !overridden(kv, ours) && !inherited(kv) {
			env = append(env, kv)
		}
	}
	return append(env, ours...)
}

// indexVar is the variable that tells a program written for PM2 its index.
func (in *instance) indexVar() string {
	if name := in.app.spec.InstanceVar; name != "" {
		return name
	}
	return "NODE_APP_INSTANCE"
}

// talks is what the program needs to find who listens to it. Empty variables
// take away what the caller had: a Node program that is told of a channel that
// is none ends at once.
func (in *instance) talks() (env []string) {
	if in.app.spec.Channel {
		env = ipc.Env(3 + len(in.sockets))
	}
	if in.notify != nil {
		env = append(env, probe.NotifyEnv(in.notify.Addr(), milliseconds(in.app.spec.WatchdogMS))...)
	}
	return append(env, in.lendEnv()...)
}

// incremented is the variable whose number grows with each instance.
func (in *instance) incremented() (kv string, ok bool) {
	name := in.app.spec.IncrementVar
	if name == "" {
		return "", false
	}
	for _, kv := range in.app.spec.Env {
		if value, found := strings.CutPrefix(kv, name+"="); found {
			n, err := strconv.Atoi(value)
			return fmt.Sprintf("%s=%d", name, n+in.index), err == nil
		}
	}
	return fmt.Sprintf("%s=%d", name, in.index), true
}

// inherited are variables of the caller's that are about its own process.
func inherited(kv string) bool {
	name, _, _ := strings.Cut(kv, "=")
	return slices.Contains([]string{ipc.VarFD, ipc.VarSerialization, "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}, name)
}

func overridden(kv string, by []string) bool {
	name, _, _ := strings.Cut(kv, "=")
	for _, o := range by {
		if strings.HasPrefix(o, name) && len(o) > len(name) && o[len(name)] == '=' {
			return true
		}
	}
	return false
}

// cgroup is the name of the instance's cgroup, where there are any.
func (in *instance) cgroup() string {
	if in.app.s.groups == nil {
		return ""
	}
	return in.slotFile()
}

// slotFile is the slot's name, fit for a file.
func (in *instance) slotFile() string { return strings.ReplaceAll(in.slot, ":", "-") }

// groupFolder makes the instance's cgroup, if it may, once. It only helps to
// find what is left of an instance, so that it may be missing.
func (in *instance) groupFolder() string {
	if in.group == "" && in.app.s.groups != nil {
		// One that was ever killed by cgroup.kill (Linux 6.15 at least) kills
		// what is born into it by CLONE_INTO_CGROUP; a new one does not. One
		// that still has a process stays.
		_ = in.app.s.groups.Remove(in.cgroup())
		f, err := in.app.s.groups.Open(in.cgroup())
		if err != nil {
			return ""
		}
		in.group = f.Name()
		f.Close()
	}
	return in.group
}
