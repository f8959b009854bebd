package listener

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func init() { roles["calls"] = systemCalls }

// works are what a program does that does nothing but system calls.
var works = map[string]func(buf []byte){
	// The cheapest call there is that does something.
	"read a byte": func(buf []byte) { _, _ = unix.Read(zero, buf[:1]) },
	// What a compiler or a backup does all day.
	"open, read, close": func(buf []byte) {
		if fd, err := unix.Open("/proc/self/exe", unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
			_, _ = unix.Read(fd, buf)
			unix.Close(fd)
		}
	},
}

var zero, _ = unix.Open("/dev/zero", unix.O_RDONLY|unix.O_CLOEXEC, 0)

// systemCalls does the work that its second argument names as often as the first
// says, and tells how long that took.
func systemCalls(args []string) int {
	n, err := strconv.Atoi(args[0])
	work, ok := works[args[1]]
	if err != nil || !ok {
		return 2
	}
	buf := make([]byte, 4096)
	began := time.Now()
	for range n {
		work(buf)
	}
	_ = json.NewEncoder(os.Stdout).Encode(time.Since(began))
	return 0
}

// BenchmarkFilter compares a program that does nothing but system calls under the
// filter with the same one without, in turns, by the best of each. What counts is
// the extra metric.
//
//	go test -run xxx -bench Filter -benchtime 1x ./internal/listener
func BenchmarkFilter(b *testing.B) {
	const calls, rounds = 150_000, 15
	for work := range works {
		b.Run(work, func(b *testing.B) {
			best := map[bool]time.Duration{}
			for b.Loop() {
				for range rounds {
					for _, filtered := range []bool{false, true} {
						if took := timeRole(b, filtered, binds, "calls", strconv.Itoa(calls), work); best[filtered] == 0 || took < best[filtered] {
							best[filtered] = took
						}
					}
				}
			}
			b.ReportMetric(float64(best[false].Nanoseconds())/calls, "ns/work-without")
			b.ReportMetric(float64(best[true].Nanoseconds())/calls, "ns/work-with")
			b.ReportMetric(100*(float64(best[true])/float64(best[false])-1), "%-more")
		})
	}
}
