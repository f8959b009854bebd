package proc

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
)

// Entry is one process as one look saw it.
type Entry struct {
	PID, PPID, PGID, SID int
	// Start is when it started. Linux: clock ticks since boot, as in field 22
	// of proc_pid_stat(5); macOS: microseconds since 1970; Windows: 100 ns
	// since 1601. Together with PID and the boot it names one process.
	Start uint64
	State byte   // R, S, D, T, Z … as in proc_pid_stat(5)
	UID   uint32 // effective user id
	Comm  string // the name of the executable, cut by the kernel
}

// Table is one look at all processes.
type Table struct{ entries []Entry }

// Query describes the processes of one instance.
type Query struct {
	Main   int
	Start  uint64
	Marks  []string
	Reaper int
}

// MarkedProcess is a process that carries the marks that were looked for.
type MarkedProcess struct {
	Entry
	Env map[string]string // its FOREVER_* variables
}

// Handle holds one process.
type Handle struct{ fd int }

// Cgroups is a folder of cgroups.
type Cgroups struct{ dir string }

func SignalName(sig syscall.Signal) string                         { return sig.String() }
func ParseSignal(s string) (syscall.Signal, error)                 { return 0, errors.ErrUnsupported }
func SetSubreaper() error                                          { return errors.ErrUnsupported }
func Snapshot() (*Table, error)                                    { return nil, errors.ErrUnsupported }
func (t *Table) Get(pid int) (Entry, bool)                         { return Entry{}, false }
func (t *Table) Trees(queries []Query) [][]Entry                   { return nil }
func Environ(pid int) ([]string, error)                            { return nil, errors.ErrUnsupported }
func Marked(t *Table, marks []string) []MarkedProcess              { return nil }
func Open(pid int, start uint64) (*Handle, error)                  { return nil, errors.ErrUnsupported }
func (h *Handle) Signal(sig syscall.Signal) error                  { return errors.ErrUnsupported }
func (h *Handle) SignalGroup(sig syscall.Signal) error             { return errors.ErrUnsupported }
func (h *Handle) Wait(ctx context.Context) error                   { return errors.ErrUnsupported }
func (h *Handle) Exited() bool                                     { return false }
func (h *Handle) ExitStatus() (syscall.WaitStatus, bool)           { return *new(syscall.WaitStatus), false }
func (h *Handle) Close() error                                     { return nil }
func SignalAll(entries []Entry, sig syscall.Signal) error          { return errors.ErrUnsupported }
func WaitGone(ctx context.Context, entries []Entry) error          { return errors.ErrUnsupported }
func WaitSettled(ctx context.Context, pid int, start uint64) error { return errors.ErrUnsupported }
func OOMKills() (uint64, bool)                                     { return 0, false }
func PeerUID(conn *net.UnixConn) (uid uint32, pid int, err error)  { return 0, 0, errors.ErrUnsupported }
func Umask() int                                                   { return 0 }
func FindCgroups(rootName string) *Cgroups                         { return nil }
func (c *Cgroups) Open(name string) (*os.File, error)              { return nil, errors.ErrUnsupported }
func (c *Cgroups) Procs(name string) ([]int, error)                { return nil, errors.ErrUnsupported }
func (c *Cgroups) Kill(name string) error                          { return errors.ErrUnsupported }
func (c *Cgroups) Remove(name string) error                        { return errors.ErrUnsupported }
func (c *Cgroups) Close()                                          {}
