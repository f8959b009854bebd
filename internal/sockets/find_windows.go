package sockets

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Find returns the sockets that q describes, with their holders. A process that
// ends meanwhile is left out. An error means that the system tells nothing of
// sockets at all.
func Find(q Query) (Found, error) {
	var f Found
	for _, t := range tables() {
		if !slices.Contains(q.protocols(), t.proto) {
			continue
		}
		b, err := t.read()
		if err != nil {
			return Found{}, fmt.Errorf("read the %s sockets: %w", t.proto, err)
		}
		t.each(b, func(s Socket, pid int) {
			if q.wants(&s) && (q.PIDs == nil || slices.Contains(q.PIDs, pid)) {
				f.addRow(s, pid)
			}
		})
	}
	return f, nil
}

// Elsewhere returns nothing: here are no network namespaces.
func Elsewhere(Query) ([]Socket, error) { return nil, nil }

// table is one of the tables of iphlpapi: how it is read, and where its rows
// have what (offsets in bytes; -1 where a row has no such field).
type table struct {
	proto                                string
	function                             string
	class, family                        uint32
	size, addr                           int // of a row, of an address
	state, local, remote, localPt, remPt int
	pid                                  int
}

// tables follow MIB_TCPROW_OWNER_PID, MIB_TCP6ROW_OWNER_PID, and the two for
// UDP, which has no remote ends.
func tables() []table {
	const tcpAll, udpAll = 5, 1 // TCP_TABLE_OWNER_PID_ALL, UDP_TABLE_OWNER_PID
	return []table{
		{proto: TCP, function: "GetExtendedTcpTable", class: tcpAll, family: windows.AF_INET,
			size: 24, addr: 4, state: 0, local: 4, localPt: 8, remote: 12, remPt: 16, pid: 20},
		{proto: TCP, function: "GetExtendedTcpTable", class: tcpAll, family: windows.AF_INET6,
			size: 56, addr: 16, local: 0, localPt: 20, remote: 24, remPt: 44, state: 48, pid: 52},
		{proto: UDP, function: "GetExtendedUdpTable", class: udpAll, family: windows.AF_INET,
			size: 12, addr: 4, local: 0, localPt: 4, pid: 8, state: -1},
		{proto: UDP, function: "GetExtendedUdpTable", class: udpAll, family: windows.AF_INET6,
			size: 28, addr: 16, local: 0, localPt: 20, pid: 24, state: -1},
	}
}

// read gets the whole table; it may grow between the question for its size and
// the next one, so the question is repeated.
func (t *table) read() ([]byte, error) {
	function := windows.NewLazySystemDLL("iphlpapi.dll").NewProc(t.function)
	if err := function.Find(); err != nil {
		return nil, err
	}
	b := make([]byte, 16<<10)
	for {
		size := uint32(len(b))
		code, _, _ := function.Call(uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(&size)),
			0, uintptr(t.family), uintptr(t.class), 0)
		switch syscall.Errno(code) {
		case 0:
			return b, nil
		case windows.ERROR_INSUFFICIENT_BUFFER:
			b = make([]byte, size+size/4)
		default:
			return nil, fmt.Errorf("%s: %w", t.function, syscall.Errno(code))
		}
	}
}

// each goes through the rows behind the leading count.
func (t *table) each(b []byte, found func(Socket, int)) {
	count := int(binary.NativeEndian.Uint32(b))
	for b = b[4:]; count > 0 && len(b) >= t.size; count-- {
		found(t.socket(b), int(binary.NativeEndian.Uint32(b[t.pid:])))
		b = b[t.size:]
	}
}

func (t *table) socket(row []byte) Socket {
	const listen = 2 // MIB_TCP_STATE_LISTEN
	s := Socket{Proto: t.proto, Local: t.addrPort(row, t.local, t.localPt), UID: -1}
	if t.state >= 0 && binary.NativeEndian.Uint32(row[t.state:]) != listen {
		s.Remote = t.addrPort(row, t.remote, t.remPt)
	}
	return s
}

// addrPort reads an address and a port, both in network order.
func (t *table) addrPort(row []byte, at, port int) netip.AddrPort {
	addr, _ := netip.AddrFromSlice(row[at : at+t.addr])
	return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(row[port:]))
}
