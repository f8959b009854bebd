//go:build unix

package boot

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"forever/internal/api"
	"forever/internal/clock"
	"forever/internal/logs"
	"forever/internal/proc"
	"forever/internal/shim"
	"forever/internal/weight"
	"forever/internal/wire"
	"forever/pidfile"
	"forever/supervisor"
)

// Supervisor is the life of a supervisor, started by a shim. It returns when
// nothing is left to supervise, when another binary takes over, or when it
// could not go on; a shim that has died is followed by this process itself, and
// then it does not return.
func Supervisor(args []string, version string) error {
	if len(args) != 1 {
		return errArguments
	}
	weight.Bound()
	root := args[0]
	p, slots, err := connect(root, version)
	if err != nil {
		return err
	}
	state, err := pidfile.Load(filepath.Join(root, shim.StateFile))
	if err != nil && !errors.As(err, new(*pidfile.DamagedError)) {
		return fmt.Errorf("read the state: %w", err)
	}
	go p.listen()
	p.s.Adopt(state, err, slots)
	return p.live()
}

// process is a supervisor with what surrounds it.
type process struct {
	root string
	shim *shim.Handle
	pump *logs.Pump
	s    *supervisor.Supervisor

	mu      sync.Mutex
	stop    context.CancelFunc // ends the server that is running
	leaving bool               // the shim ends because we asked
	gone    chan struct{}      // the shim is gone, as we asked
}

func connect(root, version string) (*process, []*wire.ShimMessage, error) {
	h, slots, err := shim.Connect()
	if err != nil {
		return nil, nil, err
	}
	pump, err := logs.NewPump()
	if err != nil {
		return nil, nil, err
	}
	boot, err := pidfile.BootID()
	if err != nil {
		return nil, nil, fmt.Errorf("tell this boot from others: %w", err)
	}
	p := &process{root: root, shim: h, pump: pump, gone: make(chan struct{})}
	p.s = supervisor.New(supervisor.Config{
		Root: root, Version: version, Boot: boot,
		ShimPID: h.ShimPID, Shim: h, Pump: pump, Clock: clock.Real{}, Log: os.Stderr,
		Groups:        proc.FindCgroups(supervisor.GroupsName(root)),
		Save:          p.save,
		WriteDelay:    50 * time.Millisecond,
		UpdateRequest: h.UpdateRequest, UpdateError: h.UpdateError,
	})
	return p, slots, nil
}

// save writes the state, with who holds the root.
func (p *process) save(st *pidfile.State) error {
	var err error
	if st.Supervisor, err = pidfile.Identify(os.Getpid()); err != nil {
		return fmt.Errorf("identify the supervisor: %w", err)
	}
	if st.Shim, err = pidfile.Identify(p.shim.ShimPID); err != nil {
		st.Shim = pidfile.Process{} // it has just died; we are about to follow it
	}
	if err := pidfile.Save(filepath.Join(p.root, shim.StateFile), st); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	return nil
}

// listen takes what the shim tells. When the shim is gone without having been
// asked to, this process becomes the shim.
func (p *process) listen() {
	err := p.shim.Listen(p.s.Exit, p.socketRestored)
	p.mu.Lock()
	leaving := p.leaving
	p.mu.Unlock()
	if leaving {
		close(p.gone)
		return
	}
	fmt.Fprintf(os.Stderr, "%s supervisor[%d]: the shim is gone (%v); taking its place\n", time.Now().Format(time.RFC3339), os.Getpid(), err)
	err = p.shim.BecomeShim(p.root)
	fmt.Fprintf(os.Stderr, "%s supervisor[%d]: become the shim: %v\n", time.Now().Format(time.RFC3339), os.Getpid(), err)
	// Nothing holds the programs now but the next command, which adopts them.
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
}

// live serves until the supervisor's loop ends.
func (p *process) live() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := p.serve(ctx); err != nil {
		return err
	}
	p.signals()
	if err := p.shim.Ready(); err != nil {
		return fmt.Errorf("tell the shim that we serve: %w", err)
	}
	err := p.s.Run(ctx)
	cancel() // open streams break, and their clients ask again
	switch {
	case errors.Is(err, supervisor.ErrUpdate):
		return nil
	case errors.Is(err, supervisor.ErrQuit):
		return p.quit()
	}
	return err
}

// serve answers on the control socket as it is now, in place of an older one.
func (p *process) serve(ctx context.Context) error {
	ln, err := p.shim.Listener()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	p.mu.Lock()
	if p.stop != nil {
		p.stop()
	}
	p.stop = cancel
	p.mu.Unlock()
	go p.answer(ctx, ln)
	return nil
}

func (p *process) answer(ctx context.Context, ln net.Listener) {
	defer ln.Close()
	if err := api.Serve(ctx, ln, p.s); err != nil && ctx.Err() == nil {
		fmt.Fprintf(os.Stderr, "%s supervisor[%d]: serve the control socket: %v\n", time.Now().Format(time.RFC3339), os.Getpid(), err)
	}
}

func (p *process) socketRestored() {
	if err := p.serve(context.Background()); err != nil {
		fmt.Fprintf(os.Stderr, "%s supervisor[%d]: %v\n", time.Now().Format(time.RFC3339), os.Getpid(), err)
	}
	p.s.SocketRestored()
}

// signals: a polite end of this process is an end of everything. SIGHUP is
// caught and dropped: whose terminal closes has nothing to do with us. SIGUSR2 is
// what logrotate sends after it has renamed log files.
func (p *process) signals() {
	c := make(chan os.Signal, 4)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR2)
	go func() {
		for sig := range c {
			switch sig {
			case syscall.SIGHUP:
			case syscall.SIGUSR2:
				p.s.ReopenLogs()
			default:
				p.s.Shutdown()
			}
		}
	}()
}

// quit ends the pair: the last lines are written, then the shim is asked to go.
func (p *process) quit() error {
	p.s.Flush()
	p.s.RemoveGroups()
	p.mu.Lock()
	p.leaving = true
	p.mu.Unlock()
	refused := make(chan string, 1)
	err := p.shim.Quit(func(m *wire.ShimMessage) { refused <- m.Error })
	if err != nil {
		return nil // it is gone already
	}
	select {
	case <-p.gone:
		return nil
	case why := <-refused:
		return fmt.Errorf("the shim does not end: %s", why)
	}
}
