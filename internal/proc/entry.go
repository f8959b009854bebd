package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Entry is one process as one look saw it. PID and Start together name it for
// as long as the machine is up.
type Entry struct {
	PID, PPID int
	PGID, SID int // process group and session; 0 on Windows, which has neither

	// Start is when it started. Linux: clock ticks since boot (field 22 of
	// proc_pid_stat(5)); macOS: microseconds since 1970; Windows: a FILETIME.
	Start uint64
	// State is the letter of proc_pid_stat(5): R runs or could, S sleeps, D
	// waits for a disk, T is stopped, Z has ended and is not yet reaped. A
	// process that runs on after its first thread has ended is S here, not Z.
	// Elsewhere than on Linux it is Z or S.
	State byte
	UID   uint32 // effective user; 0 on Windows
	Comm  string // the program's name, cut by the kernel to 15 bytes or so

	// Ticks is the processor time that it had used, with that of its children who
	// were waited for, in clock ticks; Pages is its resident memory. Both stand in
	// what a look at a process of Linux reads anyway; 0 elsewhere.
	Ticks, Pages uint64
}

// Ended says that the process was a zombie already: it runs nothing, and only
// its number and its exit status are left.
func (e Entry) Ended() bool { return e.State == 'Z' || e.State == 'X' }

// String names the process for an error or a log line.
func (e Entry) String() string { return fmt.Sprintf("process %d (%s)", e.PID, e.Comm) }

// SignalAll sends sig to every entry, each through a [Handle], so that a PID
// which was given away since is left alone. Entries that have ended meanwhile
// are no error; the ones that could not be signalled are joined in the error.
func SignalAll(entries []Entry, sig syscall.Signal) error {
	var errs []error
	for _, e := range entries {
		if err := signalOne(e, sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
			errs = append(errs, fmt.Errorf("%v: %w", e, err))
		}
	}
	return errors.Join(errs...)
}

func signalOne(e Entry, sig syscall.Signal) error {
	h, err := Open(e.PID, e.Start)
	if err != nil {
		return err
	}
	defer h.Close()
	return h.Signal(sig)
}

// WaitGone waits until every entry has ended; a zombie has. It holds one
// descriptor at a time, and no thread. When ctx ends first the error names an
// entry that is still there and wraps ctx's error.
func WaitGone(ctx context.Context, entries []Entry) error {
	for _, e := range entries {
		if err := waitOne(ctx, e); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("wait for the end of %v: %w", e, err)
		}
	}
	return nil
}

func waitOne(ctx context.Context, e Entry) error {
	h, err := Open(e.PID, e.Start)
	if err != nil {
		return err
	}
	defer h.Close()
	return h.Wait(ctx)
}
