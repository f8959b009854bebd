package sockets

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"net/netip"
	"os"
	"slices"
	"strconv"
)

// procNet lists the sockets of a protocol from the text files of
// proc_pid_net(5) in dir, "/proc/net/" or that of a process in another network
// namespace. V6Only is not told there.
func procNet(dir, proto string, found func(Socket)) error {
	err := readTable(dir+proto, proto, found)
	if err != nil {
		return err
	}
	if err := readTable(dir+proto+"6", proto, found); !os.IsNotExist(err) {
		return err // without IPv6 there is no such file
	}
	return nil
}

func readTable(path, proto string, found func(Socket)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	rows := bufio.NewScanner(f)
	for rows.Scan() {
		if s, ok := parseRow(bytes.Fields(rows.Bytes()), proto); ok {
			found(s)
		}
	}
	return rows.Err()
}

// parseRow reads one row of /proc/net/tcp and its like:
//
//	sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
func parseRow(fields [][]byte, proto string) (Socket, bool) {
	const local, remote, state, uid, inode = 1, 2, 3, 7, 9
	if len(fields) <= inode || !bytes.HasSuffix(fields[0], []byte(":")) {
		return Socket{}, false
	}
	s := Socket{Proto: proto, Inode: parseDigits(fields[inode]), UID: int(parseDigits(fields[uid]))}
	var ok bool
	if s.Local, ok = parseAddress(fields[local]); !ok {
		return Socket{}, false
	}
	st, err := strconv.ParseUint(string(fields[state]), 16, 8)
	if err != nil {
		return Socket{}, false
	}
	if !waits(proto, byte(st)) {
		s.Remote, ok = parseAddress(fields[remote])
	}
	return s, ok
}

// parseAddress reads "0100007F:1F90": the address as 32-bit words of the
// machine, the port as a number.
func parseAddress(b []byte) (netip.AddrPort, bool) {
	digits, port, ok := bytes.Cut(b, []byte(":"))
	if !ok {
		return netip.AddrPort{}, false
	}
	raw, err := hex.DecodeString(string(digits))
	if err != nil {
		return netip.AddrPort{}, false
	}
	for word := range slices.Chunk(raw, 4) { // all of forever's Linux machines are little-endian
		slices.Reverse(word)
	}
	addr, ok := netip.AddrFromSlice(raw)
	if !ok {
		return netip.AddrPort{}, false
	}
	n, err := strconv.ParseUint(string(port), 16, 16)
	return netip.AddrPortFrom(addr, uint16(n)), err == nil
}
