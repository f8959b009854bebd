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

// Hold is who has a socket open.
type Hold uint8

const (
	Nobody   Hold = iota
	Somebody      // perhaps only for a moment: who is about to be another program has all that its parent has
	Own           // one of the processes that were asked about
)

// Holds finds who has each of the sockets open, but for some processes that are not to
// count. What one of its own has that may not be looked at, Somebody has.
func Holds(sockets, own, but []int) []Hold {
	holds := make([]Hold, len(sockets))
	places := map[string]int{}
	for i, fd := range sockets {
		if inode := inodeOf(os.Getpid(), fd); inode != "" {
			places[inode] = i
		}
	}
	table, err := proc.Snapshot()
	if err != nil || slices.ContainsFunc(own, isHidden) {
		return slices.Repeat([]Hold{Somebody}, len(sockets))
	}
	for e := range table.All() {
		if slices.Contains(but, e.PID) {
			continue
		}
		who := Somebody
		if slices.Contains(own, e.PID) {
			who = Own
		}
		for inode := range socketsOf(e.PID) {
			if i, ok := places[inode]; ok {
				holds[i] = max(holds[i], who)
			}
		}
	}
	return holds
}

// isHidden: the process lives, and its descriptors may not be looked at.
func isHidden(pid int) bool {
	_, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, unix.ESRCH)
}
