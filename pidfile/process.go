package pidfile

import (
	"fmt"
	"os"
	"sync"
)

// Process is a process that cannot be mistaken for another. A PID alone can:
// it is given away again, at the latest after a reboot. Two Processes are the
// same process when they are equal.
type Process struct {
	PID int `json:"pid"`
	// Start is when the process began: clock ticks since boot on Linux (field
	// 22 of proc_pid_stat(5)), microseconds since 1970 on macOS, a FILETIME on
	// Windows. It is only compared, never computed with.
	Start uint64 `json:"start"`
	Boot  string `json:"boot_id"` // what BootID said then
}

// IsZero says whether p names no process at all.
func (p Process) IsZero() bool { return p == Process{} }

// Identify tells who has the given PID now. A zombie still has its PID and is
// identified too. Where there is nobody the error wraps os.ErrProcessDone; any
// other error means that the system could not be asked.
func Identify(pid int) (Process, error) {
	boot, err := BootID()
	if err != nil {
		return Process{}, err
	}
	start, _, err := look(pid)
	if err != nil {
		return Process{}, fmt.Errorf("identify process %d: %w", pid, err)
	}
	return Process{PID: pid, Start: start, Boot: boot}, nil
}

// Alive says whether this very process still runs. A zombie does not, and
// neither does another process with the same PID. It is false, too, when the
// system could not be asked; Check tells the difference.
func (p Process) Alive() bool { return p.Check() == nil }

// Check returns nil when p is alive and an error that wraps os.ErrProcessDone
// when it is not. Any other error means that the system could not be asked,
// for example because no file descriptor was left.
func (p Process) Check() error {
	if p.PID <= 0 {
		return fmt.Errorf("check process %d: %w", p.PID, os.ErrProcessDone)
	}
	boot, err := BootID()
	if err != nil {
		return err
	}
	start, ended, err := look(p.PID)
	if err != nil {
		return fmt.Errorf("check process %d: %w", p.PID, err)
	}
	if ended || p.Start != start || p.Boot != boot {
		return fmt.Errorf("check process %d: %w", p.PID, os.ErrProcessDone)
	}
	return nil
}

// boot remembers the boot id: it cannot change while this process lives.
var boot struct {
	sync.Mutex
	id string
}

// BootID names the time since the machine was last booted. It differs after
// each boot, and processes of another boot are gone.
func BootID() (string, error) {
	boot.Lock()
	defer boot.Unlock()
	if boot.id != "" {
		return boot.id, nil
	}
	id, err := bootID()
	if err != nil {
		return "", fmt.Errorf("read boot id: %w", err)
	}
	boot.id = id
	return id, nil
}
