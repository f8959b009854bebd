package faults

import (
	"os/exec"
	"testing"

	"forever/internal/client"
	"forever/internal/proc"
	"forever/internal/wire"
	"forever/pidfile"
)

// stranger is a process that is no business of forever's.
func stranger(t *testing.T) (pid int, ended func() bool) {
	t.Helper()
	cmd := exec.Command(play, "sleep")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	id, err := pidfile.Identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	h, err := proc.Open(id.PID, id.Start)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // the error is the signal
		h.Close()
	})
	return id.PID, h.Exited
}

// mistakes are what a state file may say of a PID that is another's by now.
var mistakes = map[string]func(state *pidfile.State, p *pidfile.Process){
	"PID given away": func(_ *pidfile.State, p *pidfile.Process) { p.Start-- },
	"another boot": func(state *pidfile.State, p *pidfile.Process) {
		state.Boot, p.Boot = "of another boot", "of another boot"
		state.Shim.Boot, state.Supervisor.Boot = p.Boot, p.Boot
	},
}

// A PID of the state file that means another process is not shown, not
// adopted, and not signalled, whatever is asked.
func TestPIDOfAStranger(t *testing.T) {
	for name, mistake := range mistakes {
		for _, command := range []string{"stop", "restart", "delete"} {
			t.Run(name+"/"+command, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.start("app", nil, "sleep")
				pid, ended := stranger(t)
				w.forge(pid, mistake)
				if in := w.stored(); in.PID != 0 || in.Status != wire.Stopped {
					t.Errorf("the list shows %s with PID %d, want stopped", in.Status, in.PID)
				}
				w.must(command, "app")
				if command == "restart" {
					if in := w.instance("app"); in.PID == pid || in.PID == 0 {
						t.Errorf("restarted with PID %d", in.PID)
					}
					w.consistent()
				}
				if ended() {
					t.Errorf("%s has ended the stranger", command)
				}
			})
		}
	}
}

// After a reboot apps are at rest until they are asked for.
func TestReboot(t *testing.T) {
	w := newWorld(t)
	w.start("app", nil, "sleep")
	w.run("start", "--name", "crash", "--backoff", "1s..1s", play, "exit", "1")
	pid, ended := stranger(t)
	w.forge(pid, mistakes["another boot"])
	w.must("start", "--name", "next", play, "sleep")
	for _, name := range []string{"app", "crash"} {
		if in := w.instance(name); in.Status != wire.Stopped || in.PID != 0 {
			t.Errorf("%s is %s with PID %d, want stopped", name, in.Status, in.PID)
		}
	}
	w.must("start", "app")
	w.consistent()
	if ended() {
		t.Error("the stranger has ended")
	}
}

// forge ends all processes of the world, and has the state file name pid in
// place of the first app's process, with a mistake.
func (w *world) forge(pid int, mistake func(*pidfile.State, *pidfile.Process)) {
	w.t.Helper()
	app := w.pid("app")
	w.killBoth(w.ping())
	w.kill(app)
	path := w.file("state.json")
	state, err := pidfile.Load(path)
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := pidfile.Identify(pid)
	if err != nil {
		w.t.Fatal(err)
	}
	mistake(state, &p)
	state.Apps[0].Instances[0].Process = p
	state.Apps[0].Instances[0].Status = wire.Online
	if err := pidfile.Save(path, state); err != nil {
		w.t.Fatal(err)
	}
}

// stored is the first instance as the list shows it while nobody serves.
func (w *world) stored() wire.Instance {
	w.t.Helper()
	apps, live, err := w.client.Apps(w.ctx, client.Query{})
	if err != nil || live || len(apps) == 0 {
		w.t.Fatalf("list: %v, %v, %v", apps, live, err)
	}
	return apps[0].Instances[0]
}
