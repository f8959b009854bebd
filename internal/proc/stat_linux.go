package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// stat is what we take from /proc/PID/stat.
type stat struct {
	Entry     // without UID
	exit  int // wait status of a zombie; 0 also where we may not know it
}

// The fields of proc_pid_stat(5), numbered as there.
const (
	fieldState   = 3
	fieldPPID    = 4
	fieldPGID    = 5
	fieldSID     = 6
	fieldUser    = 14 // the four processor times: utime, stime, cutime, cstime
	fieldWaited  = 17
	fieldThreads = 20
	fieldStart   = 22
	fieldPages   = 24
	fieldExit    = 52
)

// parseStat reads the one line of /proc/PID/stat. The name in field 2 may hold
// anything, also parentheses, spaces and line breaks; nothing after it holds a
// parenthesis.
func parseStat(line []byte) (stat, error) {
	open, end := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if open < 2 || end < open || end+3 > len(line) {
		return stat{}, badStat(line)
	}
	var s stat
	pid, err := strconv.Atoi(string(line[:open-1]))
	if err != nil || pid <= 0 || line[open-1] != ' ' {
		return stat{}, badStat(line)
	}
	s.PID = pid
	s.Comm = string(line[open+1 : end])
	if !s.parseNumbers(line[end+2:]) {
		return stat{}, badStat(line)
	}
	return s, nil
}

// parseNumbers reads the fields from the state on.
func (s *stat) parseNumbers(rest []byte) bool {
	s.State = rest[0]
	threads, field := 0, fieldState+1
	rest = rest[1:]
	for ; len(rest) > 0 && field <= fieldExit; field++ {
		var n uint64
		var ok bool
		if n, rest, ok = nextNumber(rest); !ok {
			return false
		}
		switch field {
		case fieldUser, fieldUser + 1, fieldWaited - 1, fieldWaited:
			s.Ticks += n
		case fieldPages:
			s.Pages = n
		case fieldPPID:
			s.PPID = int(n)
		case fieldPGID:
			s.PGID = int(n)
		case fieldSID:
			s.SID = int(n)
		case fieldThreads:
			threads = int(n)
		case fieldStart:
			s.Start = n
		case fieldExit:
			s.exit = int(n)
		}
	}
	// The first thread may end before the others. It stays as a zombie until
	// they have ended too, and is counted.
	if s.State == 'Z' && threads > 1 {
		s.State = 'S'
	}
	return field > fieldStart
}

// nextNumber takes a blank and a decimal number from the front of b. A negative
// number is wrapped around, as the conversion to int turns it back.
func nextNumber(b []byte) (n uint64, rest []byte, ok bool) {
	if len(b) < 2 || b[0] != ' ' {
		return 0, nil, string(b) == "\n"
	}
	b = b[1:]
	minus := b[0] == '-'
	if minus {
		b = b[1:]
	}
	i := 0
	for ; i < len(b) && '0' <= b[i] && b[i] <= '9'; i++ {
		n = n*10 + uint64(b[i]-'0')
	}
	if minus {
		n = -n
	}
	return n, b[i:], i > 0
}

func badStat(line []byte) error {
	return fmt.Errorf("unexpected content of /proc/PID/stat: %.100q", line)
}

// readStat looks at one process. The error wraps os.ErrProcessDone when nobody
// has the PID.
func readStat(pid int) (stat, error) {
	var buf [statSize]byte
	name := append(strconv.AppendInt([]byte("/proc/"), int64(pid), 10), "/stat"...)
	line, err := readInto(unix.AT_FDCWD, string(name), buf[:])
	switch {
	case err == nil:
		return parseStat(line)
	case errors.Is(err, unix.ESRCH): // it went between open and read
		return stat{}, os.ErrProcessDone
	case !errors.Is(err, unix.ENOENT):
		return stat{}, os.NewSyscallError("read "+string(name), err)
	}
	// Without a /proc every process would look dead.
	if err := unix.Access("/proc/self/stat", unix.F_OK); err != nil {
		return stat{}, os.NewSyscallError("read /proc", err)
	}
	return stat{}, os.ErrProcessDone
}

// statSize has room for the longest line: a name of 64 bytes and 50 numbers.
const statSize = 2048

// readInto opens a small file of /proc, reads it at once and closes it. Its
// errors are bare errnos.
func readInto(dir int, name string, buf []byte) ([]byte, error) {
	fd, err := openat(dir, name, unix.O_RDONLY|unix.O_CLOEXEC)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	for {
		n, err := unix.Read(fd, buf)
		if err != unix.EINTR {
			return buf[:max(n, 0)], err
		}
	}
}

func openat(dir int, name string, flags int) (int, error) {
	for {
		fd, err := unix.Openat(dir, name, flags, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}
