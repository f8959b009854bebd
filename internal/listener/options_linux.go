package listener

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// kept are the options that make a difference on a listening socket, or are
// inherited by the connections that it accepts (socket(7), tcp(7), ip(7),
// ipv6(7)).
var kept = [...]struct{ level, name int }{
	{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY},
	{unix.IPPROTO_IPV6, unix.IPV6_TCLASS},
	{unix.IPPROTO_IPV6, unix.IPV6_FREEBIND},
	{unix.IPPROTO_IPV6, unix.IPV6_TRANSPARENT},
	{unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS},
	{unix.IPPROTO_IPV6, unix.IPV6_MINHOPCOUNT},
	{unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER},
	{unix.IPPROTO_IP, unix.IP_TOS},
	{unix.IPPROTO_IP, unix.IP_FREEBIND},
	{unix.IPPROTO_IP, unix.IP_TRANSPARENT},
	{unix.IPPROTO_IP, unix.IP_TTL},
	{unix.IPPROTO_IP, unix.IP_MINTTL},
	{unix.IPPROTO_IP, unix.IP_MTU_DISCOVER},
	{unix.SOL_SOCKET, unix.SO_BINDTODEVICE},
	{unix.SOL_SOCKET, unix.SO_KEEPALIVE},
	{unix.SOL_SOCKET, unix.SO_LINGER},
	{unix.SOL_SOCKET, unix.SO_OOBINLINE},
	{unix.SOL_SOCKET, unix.SO_PASSCRED},
	{unix.SOL_SOCKET, unix.SO_PRIORITY},
	{unix.SOL_SOCKET, unix.SO_MARK},
	{unix.SOL_SOCKET, unix.SO_DONTROUTE},
	{unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE},
	{unix.SOL_SOCKET, unix.SO_BUSY_POLL},
	{unix.SOL_SOCKET, unix.SO_TIMESTAMP},
	{unix.SOL_SOCKET, unix.SO_ZEROCOPY},
	{unix.SOL_SOCKET, unix.SO_RCVLOWAT},
	{unix.SOL_SOCKET, unix.SO_RCVTIMEO},
	{unix.SOL_SOCKET, unix.SO_SNDTIMEO},
	{unix.IPPROTO_TCP, unix.TCP_NODELAY},
	{unix.IPPROTO_TCP, unix.TCP_CONGESTION},
	{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE},
	{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL},
	{unix.IPPROTO_TCP, unix.TCP_KEEPCNT},
	{unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT},
	{unix.IPPROTO_TCP, unix.TCP_FASTOPEN},
	{unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT},
	{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT},
	{unix.IPPROTO_TCP, unix.TCP_MAXSEG},
	{unix.IPPROTO_TCP, unix.TCP_WINDOW_CLAMP},
	{unix.IPPROTO_TCP, unix.TCP_LINGER2},
	{unix.IPPROTO_TCP, unix.TCP_SAVE_SYN},
	{unix.IPPROTO_TCP, unix.TCP_INQ},
}

// OptionsOf reads the options of a socket.
func OptionsOf(fd int) *Options {
	o := new(Options)
	for _, k := range kept {
		value, err := getsockopt(fd, k.level, k.name)
		if err == nil && len(value) > 0 { // an option of the other family is none of this socket
			o.set = append(o.set, option{k.level, k.name, value})
		}
	}
	o.addBuffers(fd)
	return o
}

// soBufLock tells which buffer sizes were set by hand (SO_BUF_LOCK, Linux 5.14);
// the others grow by themselves, and must not be set.
const soBufLock = 72

func (o *Options) addBuffers(fd int) {
	locked, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, soBufLock)
	if err != nil {
		return
	}
	for bit, name := range map[int]int{1: unix.SO_SNDBUF, 2: unix.SO_RCVBUF} {
		size, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, name)
		if err != nil || locked&bit == 0 {
			continue
		}
		half := int32(size / 2) // the kernel doubles what it is given
		value := *(*[4]byte)(unsafe.Pointer(&half))
		o.set = append(o.set, option{unix.SOL_SOCKET, name, value[:]})
	}
}

// Apply sets the options on fd. One that cannot be set there makes no
// difference to who may connect.
func (o *Options) Apply(fd int) {
	if o == nil {
		return
	}
	for _, opt := range o.set {
		if now, err := getsockopt(fd, opt.level, opt.name); err == nil && string(now) == string(opt.value) {
			continue // to set some options even to what they are has a meaning
		}
		_, _, _ = unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(opt.level), uintptr(opt.name),
			uintptr(unsafe.Pointer(&opt.value[0])), uintptr(len(opt.value)), 0)
	}
}

// getsockopt returns the bytes of an option, which is of any of the kernel's types.
func getsockopt(fd, level, name int) ([]byte, error) {
	var value [16]byte
	size := uint32(len(value))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(unsafe.Pointer(&value)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return nil, errno
	}
	return value[:size:size], nil
}
