package launch

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// verdict runs the filter as the kernel does when it looks for calls that are always
// allowed (seccomp_is_const_allow in kernel/seccomp.c): with the number and the
// architecture, and no arguments. unsure: it asked for more than these.
func verdict(filter []unix.SockFilter, nr, arch uint32) (action uint32, unsure bool) {
	var a uint32
	for pc := 0; pc < len(filter); pc++ {
		switch in := filter[pc]; in.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			switch in.K {
			case offsetNr:
				a = nr
			case offsetArch:
				a = arch
			default:
				return 0, true
			}
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			if a == in.K {
				pc += int(in.Jt)
			} else {
				pc += int(in.Jf)
			}
		case unix.BPF_RET | unix.BPF_K:
			return in.K, false
		default:
			return 0, true
		}
	}
	return 0, true
}

// Every call but those that are reported is allowed without a look at its arguments,
// so that the kernel need not run the filter for it.
func TestFilterIsConstant(t *testing.T) {
	if auditArch == 0 {
		t.Skip("SKIPPED: no filter is known for this processor")
	}
	for _, reported := range [][]uint32{{unix.SYS_BIND}, append([]uint32{unix.SYS_BIND}, removals...)} {
		filter := callFilter(reported)
		withOption := append(v6OnlyFilter(), filter...)
		const x32 = 0x40000000                                             // __X32_SYSCALL_BIT
		for _, arch := range []uint32{auditArch, 0x40000003, 0x40000028} { // and those of 32 bits
			for nr := range uint32(600) {
				for _, nr := range []uint32{nr, nr | x32} {
					want := uint32(retAllow)
					if slices.Contains(reported, nr) && arch == auditArch {
						want = retUserNotif
					}
					if got, unsure := verdict(filter, nr, arch); got != want || unsure {
						t.Fatalf("call %#x of architecture %#x: %#x, unsure: %v", nr, arch, got, unsure)
					}
					option := nr == unix.SYS_SETSOCKOPT && arch == auditArch
					if got, unsure := verdict(withOption, nr, arch); unsure != option || !option && got != want {
						t.Fatalf("with the option: call %#x of architecture %#x: %#x, unsure: %v", nr, arch, got, unsure)
					}
				}
			}
		}
	}
}
