package supervisor

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/listener"
	"forever/internal/wire"
	"forever/pidfile"
)

// cluster is a world whose shim also keeps descriptors. The programs are numbers
// still, whose binds the test makes up; the sockets are real.
type cluster struct {
	*world
	addr netip.AddrPort

	mu   sync.Mutex
	held map[string]int
	ends []*os.File // of the programs' reports: while they are open the programs live
}

// Whatever this system is, the tests make the reports up.
func init() { canReport = func() error { return nil } }

// newCluster returns one that has adopted nothing yet.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{world: newWorld(t), held: map[string]int{}, addr: freeAddr(t)}
	c.s.shim, c.s.active = c, 1
	t.Cleanup(func() {
		for _, f := range c.ends {
			f.Close()
		}
		for _, fd := range c.held {
			unix.Close(fd)
		}
	})
	return c
}

// runningCluster starts n instances of "web", each of which listens.
func runningCluster(t *testing.T, n int) *cluster {
	t.Helper()
	c := newCluster(t)
	c.s.Adopt(&pidfile.State{}, nil, nil)
	c.run()
	c.start(clusterSpec(n)).ok()
	for i := range n {
		c.bind(c.slotOf("web", i), c.addr)
	}
	c.did()
	return c
}

func clusterSpec(n int) wire.Spec {
	sp := spec("web")
	sp.UID, sp.Instances, sp.Cluster = "u", n, true
	return sp
}

// freeAddr is one that no client of another test may happen to have.
func freeAddr(t *testing.T) netip.AddrPort {
	t.Helper()
	for port := 10_000 + os.Getpid()%20_000; port < 32_000; port++ {
		ln, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			ln.Close()
			return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
		}
	}
	t.Fatal("no port is free")
	return netip.AddrPort{}
}

func (c *cluster) HeldNames() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.held))
}

// Lend makes the reports of a program up, and lends what is held.
func (c *cluster) Lend(name string) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if strings.HasSuffix(name, "/binds") {
		r, w, err := os.Pipe()
		if err != nil {
			return -1, err
		}
		defer r.Close()
		c.ends = append(c.ends, w)
		return unix.FcntlInt(r.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	}
	fd, ok := c.held[name]
	if !ok {
		return -1, fmt.Errorf("no descriptor %q is held", name)
	}
	return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
}

func (c *cluster) Keep(name string, fd int, reply func(*wire.ShimMessage)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	fd, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	c.held[name] = fd
	if reply != nil {
		reply(&wire.ShimMessage{Op: wire.OpDone})
	}
	return nil
}

func (c *cluster) Drop(name string) error {
	c.mu.Lock()
	if fd, ok := c.held[name]; ok {
		unix.Close(fd)
		delete(c.held, name)
	}
	c.mu.Unlock()
	return c.world.Drop(name)
}

// bind has the process of a slot bind an address; it returns the error that the
// program gets.
func (c *cluster) bind(slot string, addr netip.AddrPort) (errno syscall.Errno) {
	c.t.Helper()
	c.do(func() {
		in := c.s.bySlot(slot)
		if in == nil || in.proc.PID == 0 {
			c.t.Errorf("slot %s has no process to bind", slot)
			return
		}
		d, kept := c.s.bind(in, in.life, &listener.Bind{PID: in.proc.PID, FD: 3, Address: listener.Address{AddrPort: addr}})
		if errno = d.Errno; errno != 0 {
			return
		}
		if kept != nil {
			<-kept
		}
		unix.Close(d.Socket)
	})
	return errno
}

// wantPlaces waits until new connections to the first address go there.
func (c *cluster) wantPlaces(want ...int) {
	c.t.Helper()
	c.until(fmt.Sprintf("the steering to %v", want), func() bool {
		a := c.s.byName("web")
		return len(a.groups) > 0 && slices.Equal(a.places(a.groups[0]), want)
	})
}

// ends15 waits until the shim has been asked to signal each of the slots, in
// whichever order, and has their processes end by it.
func (c *cluster) ends15(slots ...string) {
	c.t.Helper()
	for left := slices.Clone(slots); len(left) > 0; {
		call := c.awaitCall(wire.OpSignal)
		i := slices.Index(left, call.slot)
		if i < 0 || call.sig != syscall.SIGTERM {
			c.t.Fatalf("%v with signal %v, want SIGTERM for each of %v", call, call.sig, left)
		}
		left = slices.Delete(left, i, i+1)
		c.exits(call.slot, signaled(syscall.SIGTERM), true)
	}
	c.calm()
}

// started waits until a process was started in a slot.
func (c *cluster) started(slot string) {
	c.t.Helper()
	if call := c.awaitCall(wire.OpSpawn); call.slot != slot {
		c.t.Fatalf("a process was started in %s, want %s", call.slot, slot)
	}
	c.calm()
}

// taken plays one replacement: the successor starts in the slot to, binds, and the
// one in the slot from ends.
func (c *cluster) taken(from, to string) {
	c.t.Helper()
	c.started(to)
	c.bind(to, c.addr)
	c.ends15(from)
}

func (c *cluster) reload(r wire.TargetRequest) *client {
	c.t.Helper()
	r.Targets = []string{"web"}
	return c.act(ActReload, r)
}

func (c *cluster) scale(to string) *client {
	c.t.Helper()
	return c.act(ActScale, wire.TargetRequest{Targets: []string{"web"}, Instances: to})
}

// slotsWith are the slots that have a process.
func (c *cluster) slotsWith() (slots []string) {
	c.world.mu.Lock()
	defer c.world.mu.Unlock()
	for slot, sl := range c.slots {
		if sl.pid != 0 {
			slots = append(slots, slot)
		}
	}
	slices.Sort(slots)
	return slots
}

func (c *cluster) wantSlots(want ...string) {
	c.t.Helper()
	c.calm()
	if got := c.slotsWith(); !slices.Equal(got, want) {
		c.t.Errorf("processes live in %v, want %v", got, want)
	}
}

// next is another supervisor that finds what this one has left, which does
// nothing any more.
func (c *cluster) next() *cluster {
	c.t.Helper()
	n := newCluster(c.t)
	n.addr, n.nextPID, n.leaving = c.addr, c.nextPID+100, c.leaving
	st := c.disk()
	st.Shim = pidfile.Process{PID: 1, Boot: thisBoot}
	c.mu.Lock()
	for name, fd := range c.held {
		n.held[name] = fd
		delete(c.held, name)
	}
	c.mu.Unlock()
	var inventory []*wire.ShimMessage
	c.world.mu.Lock()
	for slot, sl := range c.slots {
		n.slots[slot] = &fakeSlot{pid: sl.pid, plan: sl.plan, note: sl.note}
		inventory = append(inventory, &wire.ShimMessage{
			Op: wire.OpSlot, Slot: slot, Streams: []string{streamOut, streamErr},
			PID: sl.pid, Start: uint64(sl.pid) * 10, At: dawn, Note: sl.note,
		})
	}
	c.world.mu.Unlock()
	n.s.Adopt(st, nil, inventory)
	n.run()
	return n
}
