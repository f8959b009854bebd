package boot

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"forever/internal/api"
	"forever/internal/clock"
	"forever/internal/logs"
	"forever/internal/shim"
	"forever/internal/sock"
	"forever/internal/wire"
	"forever/pidfile"
	"forever/supervisor"
)

// runSingle is the life of a supervisor that holds its programs itself, where
// there can be no shim. It returns when nothing is left to supervise, and at
// once and well when another one has the root.
//
// Only Windows uses it. It is built on every system, so that it is tested on
// every system.
func runSingle(root, version string, h *shim.Holder) error {
	lock, err := pidfile.TryLock(filepath.Join(root, shim.LockFile))
	if errors.Is(err, pidfile.ErrLocked) {
		return nil
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	ln, err := sock.Listen(root)
	if err != nil {
		return err
	}
	// Who finds no socket starts another one, which waits for the lock.
	defer sock.Remove(root)
	defer ln.Close()
	s, err := newSingle(root, version, h)
	if err != nil {
		return err
	}
	return s.live(ln)
}

// single is such a supervisor with what surrounds it.
type single struct {
	root   string
	holder *shim.Holder
	held   chan struct{} // closed when the holder has ended
	s      *supervisor.Supervisor
}

func newSingle(root, version string, h *shim.Holder) (*single, error) {
	pump, err := logs.NewPump()
	if err != nil {
		return nil, err
	}
	boot, err := pidfile.BootID()
	if err != nil {
		return nil, fmt.Errorf("tell this boot from others: %w", err)
	}
	p := &single{root: root, holder: h, held: make(chan struct{})}
	p.s = supervisor.New(supervisor.Config{
		Alone: true,
		Root:  root, Version: version, Boot: boot,
		ShimPID: os.Getpid(), Shim: h, Pump: pump, Clock: clock.Real{}, Log: os.Stderr,
		Save: p.save,
	})
	return p, nil
}

// save writes the state, with who holds the root. There is no shim to name.
func (p *single) save(st *pidfile.State) error {
	var err error
	if st.Supervisor, err = pidfile.Identify(os.Getpid()); err != nil {
		return fmt.Errorf("identify the supervisor: %w", err)
	}
	st.Shim = pidfile.Process{}
	if err := pidfile.Save(filepath.Join(p.root, shim.StateFile), st); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	return nil
}

// live serves until nothing is left to supervise.
func (p *single) live(ln net.Listener) error {
	state, damaged := pidfile.Load(filepath.Join(p.root, shim.StateFile))
	if damaged != nil && !errors.As(damaged, new(*pidfile.DamagedError)) {
		return fmt.Errorf("read the state: %w", damaged)
	}
	go func() {
		defer close(p.held)
		p.holder.Listen(p.s.Exit)
	}()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	guests := &guests{Listener: ln, expected: make(chan struct{})}
	served := make(chan error, 1)
	go func() { served <- api.Serve(ctx, guests, p.s) }()

	guests.await()
	p.s.Adopt(state, damaged, nil)
	err := p.s.Run(ctx)
	cancel() // open streams break, and their clients ask again
	if err := <-served; err != nil {
		return fmt.Errorf("serve the control socket: %w", err)
	}
	if errors.Is(err, supervisor.ErrQuit) {
		return p.quit()
	}
	return err
}

// quit ends what holds, when the last lines are written.
func (p *single) quit() error {
	p.s.Flush()
	refused := make(chan string, 1)
	if err := p.holder.Quit(func(m *wire.ShimMessage) { refused <- m.Error }); err != nil {
		return err
	}
	select {
	case <-p.held:
		return nil
	case why := <-refused:
		return fmt.Errorf("the supervisor cannot end: %s", why)
	}
}

// guests is a listener that knows when whoever started us has come to ask: a
// client looks with one connection whether somebody is there, and asks with the
// next. Without that wait an idle supervisor would be gone in between.
type guests struct {
	net.Listener
	came     int
	expected chan struct{} // closed when the second one has come
}

func (g *guests) Accept() (net.Conn, error) {
	conn, err := g.Listener.Accept()
	if err == nil {
		if g.came++; g.came == 2 {
			close(g.expected)
		}
	}
	return conn, err
}

// guestTime bounds the wait for a client that has lost interest.
const guestTime = time.Second

func (g *guests) await() {
	late := time.NewTimer(guestTime)
	defer late.Stop()
	select {
	case <-g.expected:
	case <-late.C:
	}
}
