package fuser

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mountsOf lists the mount points of the file systems on a device,
// proc_pid_mountinfo(5).
func mountsOf(dev uint64) []string {
	const device, point = 2, 4
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	number := fmt.Sprintf("%d:%d", unix.Major(dev), unix.Minor(dev))
	var points []string
	for line := range strings.Lines(string(b)) {
		if fields := strings.Fields(line); len(fields) > point && fields[device] == number {
			points = append(points, unescapeMount(fields[point]))
		}
	}
	return points
}

// unescapeMount turns \040 and its like back.
func unescapeMount(s string) string {
	for _, c := range " \t\n\\" {
		s = strings.ReplaceAll(s, fmt.Sprintf(`\%03o`, c), string(c))
	}
	return s
}

// unixSockets finds the sockets that are bound to a path, proc_net_unix(5).
func unixSockets(path string) []uint64 {
	const inode, name = 6, 7
	b, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		return nil
	}
	var list []uint64
	for line := range strings.Lines(string(b)) {
		fields := strings.Fields(line)
		if len(fields) > name && strings.TrimSuffix(line[strings.Index(line, fields[name]):], "\n") == path {
			if n, err := strconv.ParseUint(fields[inode], 10, 64); err == nil {
				list = append(list, n)
			}
		}
	}
	return list
}
