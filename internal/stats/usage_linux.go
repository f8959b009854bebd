package stats

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
	"forever/internal/who"
)

// Meter returns a function that measures the processes of the groups; it says
// false for one that is gone. Here each is measured when it is asked for.
func Meter(...[]proc.Entry) func(proc.Entry) (Usage, bool) { return usageOf }

// usageOf reads /proc/PID/stat; false when the process is gone.
func usageOf(e proc.Entry) (Usage, bool) {
	var buf [1024]byte
	fd, err := unix.Open("/proc/"+strconv.Itoa(e.PID)+"/stat", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return Usage{}, false
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, buf[:])
	if err != nil {
		return Usage{}, false
	}
	u, start, ok := parseStat(buf[:n])
	return u, ok && start == e.Start
}

// parseStat takes cpu time, memory and start time from the line of
// proc_pid_stat(5). The name in field 2 may hold anything; no parenthesis
// follows it.
func parseStat(line []byte) (u Usage, start uint64, ok bool) {
	const utime, cstime, starttime, rss = 14, 17, 22, 24
	field, rest := 3, line[bytes.LastIndexByte(line, ')')+1:]
	for word := range bytes.FieldsSeq(rest) {
		if field >= utime && field <= rss {
			n, err := strconv.ParseInt(string(word), 10, 64)
			if err != nil {
				return Usage{}, 0, false
			}
			switch {
			case field <= cstime:
				u.CPU += time.Duration(n) * who.Tick
			case field == starttime:
				start = uint64(n)
			case field == rss:
				u.Memory = uint64(max(n, 0)) * uint64(os.Getpagesize())
				return u, start, true
			}
		}
		field++
	}
	return Usage{}, 0, false
}
