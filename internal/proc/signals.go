package proc

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
)

// SignalName is the name of sig as kill -l prints it, with its prefix:
// "SIGTERM". The real-time signals of Linux are counted from the first one
// that the C libraries leave to programs: "SIGRTMIN", "SIGRTMIN+3" (signal(7)).
// A number without a name is "signal 77".
func SignalName(sig syscall.Signal) string {
	if name := plainName(sig); name != "" {
		return name
	}
	switch n := int(sig) - firstRealTime; {
	case firstRealTime == 0 || n < 0 || sig > lastSignal:
		return "signal " + strconv.Itoa(int(sig))
	case n == 0:
		return "SIGRTMIN"
	default:
		return "SIGRTMIN+" + strconv.Itoa(n)
	}
}

// ParseSignal reads a signal as people write it: "TERM", "SIGTERM", "sigterm",
// "15", "SIGRTMIN+3", "RTMAX-1". The error of an unknown name offers the
// nearest known one. 0, which asks kill(2) for a check only, is no signal here.
func ParseSignal(s string) (syscall.Signal, error) {
	if n, err := strconv.Atoi(s); err == nil {
		if n < 1 || n > lastSignal {
			return 0, fmt.Errorf("unknown signal %q (they go from 1 to %d)", s, lastSignal)
		}
		return syscall.Signal(n), nil
	}
	name := "SIG" + strings.TrimPrefix(strings.ToUpper(s), "SIG")
	if sig := byName(name); sig != 0 {
		return sig, nil
	}
	return 0, fmt.Errorf("unknown signal %q (did you mean %s?)", s, nearestSignal(name))
}

// byName is the signal of a full upper-case name, 0 if there is none.
func byName(name string) syscall.Signal {
	if base, ok := otherNames(name); ok {
		return base
	}
	for sig := syscall.Signal(1); sig <= lastSignal; sig++ {
		if plainName(sig) == name {
			return sig
		}
	}
	return realTime(name)
}

// realTime reads "SIGRTMIN", "SIGRTMIN+n", "SIGRTMAX" and "SIGRTMAX-n".
func realTime(name string) syscall.Signal {
	if firstRealTime == 0 {
		return 0
	}
	rest, up := strings.CutPrefix(name, "SIGRTMIN")
	base := firstRealTime
	if !up {
		var down bool
		if rest, down = strings.CutPrefix(name, "SIGRTMAX"); !down {
			return 0
		}
		base = lastSignal
	}
	if rest == "" {
		return syscall.Signal(base)
	}
	n, err := strconv.Atoi(rest) // takes the sign as well
	if err != nil || up != (rest[0] == '+') || base+n < firstRealTime || base+n > lastSignal {
		return 0
	}
	return syscall.Signal(base + n)
}

// nearestSignal is the known name with the least edits from name.
func nearestSignal(name string) string {
	best, least := "", len(name)+1
	for sig := syscall.Signal(1); sig <= lastSignal; sig++ {
		known := plainName(sig)
		if known == "" {
			continue
		}
		if d := edits(name, known); best == "" || d < least {
			best, least = known, d
		}
	}
	return best
}

// edits is how many letters must be changed, added, removed or swapped with
// their neighbour to make b of a.
func edits(a, b string) int {
	var before, last []int // the rows for the two shorter beginnings of a
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := last[j]
			if a[i] != b[j] {
				cost++
			}
			row[j+1] = min(cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
