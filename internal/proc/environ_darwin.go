package proc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// environReader asks the kernel, which tells the same user and root, but keeps
// the environments of macOS's own protected programs to itself: those are empty.
type environReader struct{}

// read is the block of one environment, NUL after each string.
func (environReader) read(pid int) ([]byte, error) {
	args, err := unix.SysctlRaw("kern.procargs2", pid)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ESRCH) {
		return nil, os.ErrProcessDone
	}
	if err != nil {
		return nil, os.NewSyscallError("sysctl kern.procargs2", err)
	}
	return environOf(args)
}

// environOf finds the environment in what KERN_PROCARGS2 returns: the number of
// arguments, the path of the program, NULs up to a word boundary, the arguments
// and then the environment.
func environOf(args []byte) ([]byte, error) {
	if len(args) < 4 {
		return nil, errors.New("sysctl kern.procargs2: short answer")
	}
	count := int(int32(binary.NativeEndian.Uint32(args)))
	_, rest, _ := bytes.Cut(args[4:], []byte{0})
	rest = bytes.TrimLeft(rest, "\x00")
	for range count {
		_, rest, _ = bytes.Cut(rest, []byte{0})
	}
	end := bytes.Index(rest, []byte{0, 0}) // what follows is not ours
	if end >= 0 {
		rest = rest[:end]
	}
	return rest, nil
}
