package pidfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func bootID() (string, error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(id)), nil
}

// look returns the start time of the process and whether it has ended already
// and only waits to be reaped.
func look(pid int) (start uint64, ended bool, err error) {
	if pid <= 0 {
		return 0, false, os.ErrProcessDone
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	switch {
	case errors.Is(err, unix.ESRCH): // it ended between open and read
		return 0, false, os.ErrProcessDone
	case errors.Is(err, os.ErrNotExist):
		return 0, false, absent()
	case err != nil:
		return 0, false, err
	}
	return parseStat(stat)
}

// absent says why a PID is not in /proc: nobody has it, or there is no /proc
// to be asked, which must not be taken for the death of every process.
func absent() error {
	if _, err := os.Lstat("/proc/self/stat"); err != nil {
		return err
	}
	return os.ErrProcessDone
}

// Fields of proc_pid_stat(5), counted from 1 as there.
const (
	fieldState   = 3
	fieldThreads = 20
	fieldStart   = 22
)

func parseStat(stat []byte) (start uint64, ended bool, err error) {
	// Field 2, the name, is in parentheses and may hold spaces and parentheses
	// itself: what follows begins after the last one.
	i := bytes.LastIndexByte(stat, ')')
	fields := strings.Fields(string(stat[i+1:]))
	if i < 0 || len(fields) <= fieldStart-fieldState {
		return 0, false, fmt.Errorf("unexpected content of /proc/PID/stat: %.80q", stat)
	}
	start, err = strconv.ParseUint(fields[fieldStart-fieldState], 10, 64)
	if err != nil {
		return 0, false, fmt.Errorf("start time in /proc/PID/stat: %w", err)
	}
	// A process whose first thread has ended shows as a zombie while its other
	// threads run on; the count includes the first until it is reaped.
	state, threads := fields[0], fields[fieldThreads-fieldState]
	ended = (state == "Z" || state == "X") && (threads == "0" || threads == "1")
	return start, ended, nil
}
