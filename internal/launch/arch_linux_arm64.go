package launch

import "golang.org/x/sys/unix"

const auditArch = 0xc00000b7 // AUDIT_ARCH_AARCH64

// removals are the system calls that remove a file.
var removals = []uint32{unix.SYS_UNLINKAT}
