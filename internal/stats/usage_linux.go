package stats

import (
	"os"
	"time"

	"forever/internal/proc"
	"forever/internal/who"
)

// Meter returns a function that measures the processes of the groups; it says
// false for one that is gone. Here it is what the look at them has read.
func Meter(...[]proc.Entry) func(proc.Entry) (Usage, bool) { return usageOf }

func usageOf(e proc.Entry) (Usage, bool) {
	return Usage{time.Duration(e.Ticks) * who.Tick, e.Pages * uint64(os.Getpagesize())}, true
}
