package stats

import (
	"strconv"
	"strings"
	"time"
)

// parsePS reads what "ps -o pid=,rss=,time=" prints: PID, kibibytes, cpu time.
func parsePS(out string) map[int]Usage {
	table := make(map[int]Usage)
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		pid, err := strconv.Atoi(fields[0])
		if err != nil {
			continue
		}
		rss, _ := strconv.ParseUint(fields[1], 10, 64)
		table[pid] = Usage{cpuTime(fields[2]), rss << 10}
	}
	return table
}

// cpuTime reads "[days-][hours:]minutes:seconds[.fraction]", 0 if it is not that.
func cpuTime(s string) time.Duration {
	var total float64
	if days, rest, ok := strings.Cut(s, "-"); ok {
		total, _ = strconv.ParseFloat(days, 64)
		total, s = total*24, rest
	}
	for i, part := range strings.Split(s, ":") {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil || n < 0 {
			return 0
		}
		if i > 0 {
			total *= 60
		}
		total += n
	}
	return time.Duration(total * float64(time.Second))
}
