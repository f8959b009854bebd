package proc

import (
	"math"
	"strconv"
)

// Resource is one kind of limit, by the name that ulimit, Docker and systemd
// use: RLIMIT_NAME of setrlimit(2) in small letters.
type Resource struct {
	Name   string
	Number int
	Bytes  bool // its value may be written as a size
}

// ResourceName is the name of the limit with that number, for people.
func ResourceName(number int) string {
	for _, r := range Resources() {
		if r.Number == number {
			return r.Name
		}
	}
	return strconv.Itoa(number)
}

// LimitText is the value of a limit as a user would write it.
func LimitText(value uint64) string {
	if value == math.MaxUint64 { // RLIM_INFINITY
		return "unlimited"
	}
	return strconv.FormatUint(value, 10)
}
