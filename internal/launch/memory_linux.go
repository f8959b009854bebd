package launch

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// SelfExe is this binary, also after its file was replaced.
const SelfExe = "/proc/self/exe"

// Memory returns an anonymous file (memfd_create(2)) that holds data, at its beginning.
func Memory(data []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("forever", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), "memfd:forever")
	if _, err := f.WriteAt(data, 0); err != nil {
		f.Close()
		return nil, fmt.Errorf("write a memory file: %w", err)
	}
	return f, nil
}
