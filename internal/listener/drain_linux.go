package listener

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Waiting is how many connections a listening socket has that nobody has
// accepted yet. For a listening socket the kernel puts that number into
// tcpi_unacked (tcp_get_info in net/ipv4/tcp.c).
func Waiting(socket int) (int, error) {
	info, err := unix.GetsockoptTCPInfo(socket, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return 0, fmt.Errorf("look at a listening socket: %w", err)
	}
	return int(info.Unacked), nil
}

// The states of a connection in the tables of proc_pid_net(5).
const (
	established = "01"
	synReceived = "03"
	listening   = "0A"
)

// HalfOpen are the connections to one of the ports whose handshake is not
// complete. Each belongs to a socket already, though no socket counts it yet:
// it will come to that one, also after Steer has chosen others.
func HalfOpen(ports []uint16) (names []string, err error) {
	err = eachConnection("/proc/self/net", ports, func(c connection) {
		if c.state == synReceived {
			names = append(names, c.local+" "+c.remote)
		}
	})
	return names, err
}

// Connections is how many connections to one of the ports the processes have.
func Connections(pids []int, ports []uint16) (count int, err error) {
	mine := map[string]bool{}
	for _, pid := range pids {
		for inode := range socketsOf(pid) {
			mine[inode] = true
		}
	}
	if len(mine) == 0 {
		return 0, nil
	}
	err = eachConnection("/proc/self/net", ports, func(c connection) {
		if c.state == established && mine[c.inode] {
			count++
		}
	})
	return count, err
}

// Holders are those of the processes that have the socket open.
func Holders(pids []int, socket int) []int {
	var st unix.Stat_t
	if unix.Fstat(socket, &st) != nil {
		return nil
	}
	inode := strconv.FormatUint(st.Ino, 10)
	return slices.DeleteFunc(slices.Clone(pids), func(pid int) bool { return !socketsOf(pid)[inode] })
}

// socketsOf is the set of the inodes of a process's sockets.
func socketsOf(pid int) map[string]bool {
	inodes := map[string]bool{}
	for _, inode := range descriptorsOf(pid) {
		inodes[inode] = true
	}
	return inodes
}

// connection is a row of proc_pid_net(5): addresses in hexadecimal.
type connection struct{ local, remote, state, inode string }

// eachConnection visits the TCP connections of one of the ports.
func eachConnection(dir string, ports []uint16, visit func(connection)) error {
	return eachRow(dir, func(c connection, port uint16) {
		if slices.Contains(ports, port) {
			visit(c)
		}
	})
}

// eachRow visits all TCP sockets of a network.
func eachRow(dir string, visit func(c connection, port uint16)) error {
	for _, table := range []string{"tcp", "tcp6"} {
		f, err := os.Open(dir + "/" + table)
		if os.IsNotExist(err) {
			continue // a kernel without IPv6
		}
		if err != nil {
			return fmt.Errorf("list connections: %w", err)
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if c, port, ok := parseConnection(lines.Text()); ok {
				visit(c, port)
			}
		}
		f.Close()
	}
	return nil
}

// parseConnection reads a row: the local address is the second field, the remote
// one the third, the state the fourth, the inode the tenth.
func parseConnection(row string) (c connection, port uint16, ok bool) {
	fields := strings.Fields(row)
	if len(fields) < 10 {
		return c, 0, false
	}
	_, hex, _ := strings.Cut(fields[1], ":")
	n, err := strconv.ParseUint(hex, 16, 16)
	return connection{fields[1], fields[2], fields[3], fields[9]}, uint16(n), err == nil
}
