package proc

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// zombie is SZOMB of <sys/proc.h>.
const zombie = 5

// Snapshot looks at every process of the machine (sysctl kern.proc.all).
func Snapshot() (*Table, error) {
	infos, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil, fmt.Errorf("look at all processes: %w", os.NewSyscallError("sysctl kern.proc.all", err))
	}
	entries := make([]Entry, 0, len(infos))
	for i := range infos {
		if infos[i].Proc.P_pid > 0 {
			entries = append(entries, entryOf(&infos[i]))
		}
	}
	return newTable(entries), nil
}

// look is the entry of one process. The error wraps os.ErrProcessDone when
// nobody has the PID: the kernel then answers with nothing, which x/sys calls EIO.
func look(pid int) (Entry, error) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if errors.Is(err, unix.EIO) || errors.Is(err, unix.ESRCH) {
		return Entry{}, os.ErrProcessDone
	}
	if err != nil {
		return Entry{}, os.NewSyscallError("sysctl kern.proc.pid", err)
	}
	return entryOf(info), nil
}

func entryOf(info *unix.KinfoProc) Entry {
	p := &info.Proc
	e := Entry{
		PID:   int(p.P_pid),
		PPID:  int(info.Eproc.Ppid),
		PGID:  int(info.Eproc.Pgid),
		Start: uint64(p.P_starttime.Sec)*1e6 + uint64(p.P_starttime.Usec),
		State: 'S',
		UID:   info.Eproc.Ucred.Uid,
		Comm:  unix.ByteSliceToString(p.P_comm[:]),
	}
	if p.P_stat == zombie {
		e.State = 'Z'
	}
	// The kernel shows the address of the session here and not its number.
	if sid, err := unix.Getsid(e.PID); err == nil {
		e.SID = sid
	}
	return e
}
