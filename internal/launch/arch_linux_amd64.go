package launch

import "golang.org/x/sys/unix"

const auditArch = 0xc000003e // AUDIT_ARCH_X86_64

// removals are the system calls that remove a file.
var removals = []uint32{unix.SYS_UNLINK, unix.SYS_UNLINKAT}
