package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds every wait of a script. Nothing is expected to take it.
const patience = 30 * time.Second

// killAll kills every process of a root, forever's own and the programs', and
// returns when none is left.
//
// They are stopped first, all of them, and then killed: of a supervisor and a
// shim that runs while the other dies replaces it.
func killAll(root string) error {
	k := killer{root: root, held: map[int]int{}}
	defer k.release()
	deadline := time.Now().Add(patience)
	for quiet := 0; time.Now().Before(deadline); {
		if k.signal(k.find(), unix.SIGSTOP) {
			quiet = 0
			continue
		}
		if len(k.held) == 0 {
			// A process in the middle of an exec shows neither line nor environment.
			if quiet++; quiet == 3 {
				return nil
			}
			continue
		}
		k.kill(time.Until(deadline))
	}
	return fmt.Errorf("processes of %s do not end: %v", root, k.find())
}

// killer holds pidfds of the processes of a root, by PID.
type killer struct {
	root string
	held map[int]int
}

// find takes hold of the living processes of the root that are not held yet.
func (k *killer) find() (found []int) {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if _, known := k.held[pid]; err != nil || known || pid == os.Getpid() || !belongs(dir, k.root) {
			continue
		}
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue // it has ended
		}
		if !belongs(dir, k.root) || ended(fd, 0) { // another one got the number, or a zombie
			unix.Close(fd)
			continue
		}
		k.held[pid] = fd
		found = append(found, pid)
	}
	return found
}

// signal tells whether there was anybody to send it to.
func (k *killer) signal(pids []int, sig unix.Signal) bool {
	for _, pid := range pids {
		_ = unix.PidfdSendSignal(k.held[pid], sig, nil, 0) // one that has ended is ended
	}
	return len(pids) > 0
}

// kill ends all that are held and lets go of them.
func (k *killer) kill(wait time.Duration) {
	for _, fd := range k.held {
		_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
	}
	for _, fd := range k.held {
		ended(fd, wait)
	}
	k.release()
}

func (k *killer) release() {
	for _, fd := range k.held {
		unix.Close(fd)
	}
	clear(k.held)
}

// belongs tells whether a process runs under the root: by its environment, or
// as one of forever's background processes by its command line or its files.
func belongs(dir, root string) bool {
	environ, _ := os.ReadFile(filepath.Join(dir, "environ"))
	if slices.Contains(strings.Split(string(environ), "\x00"), "FOREVER_ROOT="+root) {
		return true
	}
	line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
	words := strings.Split(string(line), "\x00")
	if len(words) < 3 || !strings.HasPrefix(words[1], "__") {
		return false
	}
	return words[2] == root || opened(dir, root)
}

// opened tells whether a process has a file of the root open: a shim that took
// another one's place does not name its root.
func opened(dir, root string) bool {
	links, _ := filepath.Glob(filepath.Join(dir, "fd", "*"))
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && strings.HasPrefix(to, root+"/") {
			return true
		}
	}
	return false
}

// ended waits for the end of the process behind a pidfd, or for another descriptor.
func ended(fd int, wait time.Duration) bool {
	deadline := time.Now().Add(wait)
	for {
		left := max(0, time.Until(deadline))
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(left.Milliseconds()))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		return err == nil && n > 0
	}
}
