package listener

import (
	"bufio"
	"fmt"
	"os"
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

// Connections is how many connections to one of the ports a process has.
func Connections(pid int, ports []uint16) (int, error) {
	mine, err := socketsOf(pid)
	if err != nil {
		return 0, err
	}
	count := 0
	for _, table := range []string{"tcp", "tcp6"} {
		n, err := countEstablished(fmt.Sprintf("/proc/%d/net/%s", pid, table), ports, mine)
		if err != nil {
			return 0, err
		}
		count += n
	}
	return count, nil
}

// socketsOf is the set of the inodes of a process's sockets.
func socketsOf(pid int) (map[string]bool, error) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list the descriptors of process %d: %w", pid, err)
	}
	inodes := map[string]bool{}
	for _, e := range entries {
		// One that is gone by now is no connection any more.
		link, _ := os.Readlink(dir + "/" + e.Name())
		if inode, ok := strings.CutPrefix(link, "socket:["); ok {
			inodes[strings.TrimSuffix(inode, "]")] = true
		}
	}
	return inodes, nil
}

// countEstablished reads a table in the form of proc_pid_net(5): the local
// address is the second field, the state the fourth (01 is ESTABLISHED), the
// inode the tenth.
func countEstablished(path string, ports []uint16, mine map[string]bool) (count int, err error) {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return 0, nil // a kernel without IPv6
	}
	if err != nil {
		return 0, fmt.Errorf("list connections: %w", err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 || fields[3] != "01" || !mine[fields[9]] {
			continue
		}
		_, hex, _ := strings.Cut(fields[1], ":")
		port, err := strconv.ParseUint(hex, 16, 16)
		for _, p := range ports {
			if err == nil && uint16(port) == p {
				count++
			}
		}
	}
	return count, nil
}
