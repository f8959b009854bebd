package supervisor

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"forever/internal/wire"
	"forever/pidfile"
)

// childEnv makes the test binary a program that lives until its stdin ends.
const childEnv = "SUPERVISOR_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		_, _ = os.Stdout.WriteString("up\n")
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	os.Exit(m.Run())
}

// leftover is a program as a supervisor before would have started it, for
// instance index of the app with the uid "u".
func (w *world) leftover(index int) *os.Process {
	w.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command(exe, "-x", "two words", "")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Env = []string{
		childEnv + "=1", "GORACE=atexit_sleep_ms=0", "A=b", "FOREVER_ROOT=" + w.s.root, "FOREVER_UID=u",
		"FOREVER_INSTANCE=" + strconv.Itoa(index), "FOREVER_APP=lost", "FOREVER_ID=7",
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			w.t.Errorf("the leftover: %v", err)
		}
	})
	if _, err := io.ReadFull(out, make([]byte, 3)); err != nil {
		w.t.Fatal(err)
	}
	return cmd.Process
}

// adopted are the processes that the shim was told to hold.
func (w *world) adopted() (pids []int) {
	for _, c := range w.did() {
		switch c.op {
		case wire.OpAdopt:
			pids = append(pids, c.pid)
		case wire.OpSpawn:
			w.t.Errorf("a second copy was started in %s", c.slot)
		}
	}
	return pids
}

// Both background processes have died; the next supervisor goes on with what
// they left.
func TestLeftoverIsAdopted(t *testing.T) {
	w := newWorld(t)
	w.s.active = 1
	p := w.leftover(0)
	id, err := pidfile.Identify(p.Pid)
	if err != nil {
		t.Fatal(err)
	}
	w.s.boot = id.Boot
	raw, _ := json.Marshal(spec("web"))
	w.s.Adopt(&pidfile.State{Boot: id.Boot, Shim: pidfile.Process{PID: 999_999}, Apps: []pidfile.App{{
		UID: "u", Name: "web", Desired: wantUp, Spec: raw,
		Instances: []pidfile.Instance{{Status: wire.Online, Process: id, StartedAt: dawn}},
	}}}, nil, nil)
	w.run()
	if in := w.look("web"); in.Status != wire.Online || in.PID != p.Pid || !in.StartedAt.Equal(dawn) {
		t.Errorf("got %+v", in)
	}
	if got := w.adopted(); !slices.Equal(got, []int{p.Pid}) {
		t.Errorf("adopted %v, want %d", got, p.Pid)
	}
}

// A shim that died between a start and its telling: the program is found
// before another is started in its place.
func TestLeftoverOfAnUntoldStartIsAdopted(t *testing.T) {
	w := newWorld(t)
	w.s.active = 1
	p := w.leftover(0)
	raw, _ := json.Marshal(spec("web"))
	w.s.Adopt(&pidfile.State{Boot: thisBoot, Shim: pidfile.Process{PID: 999_999}, Apps: []pidfile.App{{
		UID: "u", Name: "web", Desired: wantUp, Spec: raw,
		Instances: []pidfile.Instance{{Status: wire.Starting, StartedAt: dawn}},
	}}}, nil, []*wire.ShimMessage{{Op: wire.OpSlot, Slot: "u:0", Streams: []string{streamOut, streamErr}}})
	w.run()
	if in := w.look("web"); in.Status != wire.Online || in.PID != p.Pid || !justNow(in.StartedAt.Time) {
		t.Errorf("got %+v", in)
	}
	if got := w.adopted(); !slices.Equal(got, []int{p.Pid}) {
		t.Errorf("adopted %v, want %d", got, p.Pid)
	}
}

// justNow tells whether a time is of this test, as the kernel has it.
func justNow(at time.Time) bool { return time.Since(at).Abs() < time.Hour }

// wantRebuilt checks an app that only its process knew of.
func (w *world) wantRebuilt(index, pid int) {
	w.t.Helper()
	w.do(func() {
		a := w.s.byName("lost")
		if a == nil {
			w.t.Fatal("the app was not rebuilt")
		}
		sp := a.spec
		if a.id != 7 || a.uid != "u" || w.s.nextID != 8 || sp.Cwd != "/" || sp.Instances != index+1 {
			w.t.Errorf("id %d, uid %s, next id %d, spec %+v", a.id, a.uid, w.s.nextID, sp)
		}
		if !slices.Equal(sp.Args, []string{"-x", "two words", ""}) || !slices.Contains(sp.Env, "A=b") {
			w.t.Errorf("args %q, env %q", sp.Args, sp.Env)
		}
		if err := check(&sp, nil); err != nil {
			w.t.Errorf("it could not be started again: %v", err)
		}
	})
	in := w.lookAt("lost", index)
	if in.Status != wire.Online || in.PID != pid || in.Note == "" {
		w.t.Errorf("got %+v", in)
	}
	w.written()
	st := w.disk()
	if len(st.Apps) != 1 || len(st.Apps[0].Instances) != index+1 || !strings.Contains(string(st.Apps[0].Spec), `"instances":`+strconv.Itoa(index+1)) {
		w.t.Errorf("on disk: %+v, spec %s", st.Apps[0].Instances, st.Apps[0].Spec)
	}
}

func TestLeftoverOfALostStateFileIsRebuilt(t *testing.T) {
	w := newWorld(t)
	w.s.active = 1
	p := w.leftover(2)
	w.s.Adopt(&pidfile.State{}, nil, nil)
	w.run()
	if got := w.adopted(); !slices.Equal(got, []int{p.Pid}) {
		t.Errorf("adopted %v, want %d", got, p.Pid)
	}
	w.wantRebuilt(2, p.Pid)
	if in := w.lookAt("lost", 2); !justNow(in.StartedAt.Time) {
		t.Errorf("started at %v", in.StartedAt)
	}
}

func TestUnknownSlotIsRebuilt(t *testing.T) {
	w := newWorld(t)
	w.s.active = 1
	p := w.leftover(0)
	w.slots["u:0"] = &fakeSlot{pid: p.Pid}
	w.s.Adopt(&pidfile.State{Shim: pidfile.Process{PID: 1}}, nil, []*wire.ShimMessage{{Op: wire.OpSlot, Slot: "u:0", PID: p.Pid}})
	w.run()
	w.wantRebuilt(0, p.Pid)
	// What was rebuilt is an app as any other.
	stop := w.target(ActStop, "lost")
	w.awaitCall(wire.OpSignal)
	w.exits("u:0", code(0), true)
	stop.ok()
}

// A process that says nonsense of itself is left alone.
func TestNonsenseIsNotRebuilt(t *testing.T) {
	w := fresh(t)
	for _, vars := range []map[string]string{
		{},
		{"FOREVER_UID": "u", "FOREVER_APP": "a"},
		{"FOREVER_UID": "u", "FOREVER_APP": "a", "FOREVER_INSTANCE": "-1"},
		{"FOREVER_UID": "u", "FOREVER_APP": "a", "FOREVER_INSTANCE": "999999999"},
		{"FOREVER_UID": "u", "FOREVER_INSTANCE": "0"},
		{"FOREVER_APP": "a", "FOREVER_INSTANCE": "0"},
	} {
		if in := w.s.recover(os.Getpid(), vars); in != nil {
			t.Errorf("%v: rebuilt %s", vars, in.slot)
		}
	}
	if len(w.s.apps) != 0 {
		t.Errorf("apps: %v", w.s.list())
	}
}
