package fuser

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// usersOfFile asks lsof(8), which macOS always has: only it may look into other
// processes. Of a file system it takes the mount point.
func usersOfFile(path string, mount bool, uses map[int]access) error {
	args := []string{"-n", "-P", "-w", "-F", "pfa"}
	if mount {
		args = append(args, "-f")
	}
	out, err := exec.Command("/usr/sbin/lsof", append(args, "--", path)...).Output()
	var none *exec.ExitError
	if err != nil && !errors.As(err, &none) { // it ends with 1 when nobody uses the file
		return fmt.Errorf("ask lsof who uses %s: %w", path, err)
	}
	parseLsof(string(out), uses)
	return nil
}

// parseLsof reads lsof -F pfa: a line p for each process, then for each of its
// files a line f, its descriptor, and a line a, how it is open.
func parseLsof(out string, uses map[int]access) {
	pid, how := 0, access(0)
	for line := range strings.Lines(out) {
		switch value := strings.TrimSpace(line[1:]); line[0] {
		case 'p':
			pid, _ = strconv.Atoi(value)
		case 'f':
			how = lsofAccess(value)
			uses[pid] |= how
		case 'a':
			if how == asFile && (value == "w" || value == "u") {
				uses[pid] |= asWriter
			}
		}
	}
	delete(uses, 0) // a process whose line was not understood
}

// lsofAccess reads the name of a descriptor.
func lsofAccess(fd string) access {
	switch fd {
	case "cwd":
		return asCwd
	case "rtd":
		return asRoot
	case "txt":
		return asExe
	case "mem":
		return asMap
	}
	return asFile
}
