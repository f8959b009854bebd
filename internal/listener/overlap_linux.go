package listener

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
)

// Overlap tells whether the kernel refuses to have two sockets at both addresses
// unless they share them (EADDRINUSE). only: that one is for IPv6 alone (IPV6_V6ONLY).
func Overlap(a Address, aOnly bool, b Address, bOnly bool) bool {
	if a.IsUnix() || b.IsUnix() || a.Port() != b.Port() {
		return false
	}
	one, other := a.Addr().Unmap(), b.Addr().Unmap()
	return one == other || covers(one, aOnly, other) || covers(other, bOnly, one)
}

// Covers tells whether all that comes to other would come to a, were nobody at other.
// only: a is for IPv6 alone.
func Covers(a Address, only bool, other Address) bool {
	return a.Port() == other.Port() && covers(a.Addr().Unmap(), only, other.Addr().Unmap())
}

// covers: who listens at an address of all gets what comes to the other one too.
func covers(all netip.Addr, only bool, other netip.Addr) bool {
	return all.IsUnspecified() && (all.Is6() == other.Is6() || all.Is6() && !only)
}

// V6Only tells whether a socket is for IPv6 alone.
func V6Only(fd int) bool {
	on, err := unix.GetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY)
	return err == nil && on != 0
}

// V6Only tells whether they have a socket be for IPv6 alone.
func (o *Options) V6Only() bool {
	if o == nil {
		return false
	}
	for _, opt := range o.set {
		if opt.level == unix.IPPROTO_IPV6 && opt.name == unix.IPV6_V6ONLY && len(opt.value) == 4 {
			return binary.NativeEndian.Uint32(opt.value) != 0
		}
	}
	return false
}

// Held tells for each of the sockets whether one of the processes has it open; all: each
// of them could be looked at.
func Held(sockets, pids []int) (held []bool, all bool) {
	held, all = make([]bool, len(sockets)), !slices.ContainsFunc(pids, isHidden)
	places := map[string]int{}
	for i, fd := range sockets {
		if inode := inodeOf(os.Getpid(), fd); inode != "" {
			places[inode] = i
		}
	}
	for _, pid := range pids {
		for inode := range socketsOf(pid) {
			if i, ok := places[inode]; ok {
				held[i] = true
			}
		}
	}
	return held, all
}

// HeldByAny tells whether any process has a socket open that may be looked at, but for
// some. It takes long, and one that is just about to become another program has all that
// its parent has.
func HeldByAny(socket int, but []int) bool {
	table, err := proc.Snapshot()
	if err != nil {
		return true
	}
	var pids []int
	for e := range table.All() {
		if !slices.Contains(but, e.PID) {
			pids = append(pids, e.PID)
		}
	}
	held, _ := Held([]int{socket}, pids)
	return held[0]
}

// isHidden: the process lives, and its descriptors may not be looked at.
func isHidden(pid int) bool {
	_, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, unix.ESRCH)
}
