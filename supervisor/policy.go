package supervisor

import (
	"fmt"
	"slices"
	"time"

	"forever/internal/wire"
)

// verdict is what the restart policy says of an instance that has ended.
type verdict struct {
	next  State         // Starting (at once), Backoff, Exited or Failed
	delay time.Duration // Backoff: until the next try
	why   string        // Failed: why it is given up
}

// history is what the policy judges by.
type history struct {
	runs   int           // since a user last started it, this one included
	streak int           // the latest runs in a row below min-uptime, this one included
	ran    time.Duration // how long the last one was up
}

// judge applies the policy to an exit. jitter is in [-1, 1].
func judge(p wire.Policy, e wire.Exit, h history, jitter float64) verdict {
	failed := e.Blamed || e.Signal != "" || e.Code != 0 && !slices.Contains(p.SuccessCodes, e.Code)
	rest := verdict{next: Exited}
	if failed {
		rest.next = Failed
	}
	switch {
	case p.Restart == wire.RestartNever:
		rest.why = "the restart policy is never"
		return rest
	case p.Restart != wire.RestartAlways && !failed:
		return rest
	case p.MaxRuns > 0 && h.runs >= p.MaxRuns:
		rest.why = fmt.Sprintf("it ran %s, as many times as --max allows", times(h.runs))
		return rest
	case p.MaxRestarts > 0 && shortRestarts(h) >= p.MaxRestarts:
		return verdict{next: Failed, why: fmt.Sprintf("%s in a row did not reach min-uptime (%v)",
			plural(shortRestarts(h), "restart"), milliseconds(p.MinUptimeMS))}
	}
	if d := restartDelay(p, h.streak, jitter); d > 0 {
		return verdict{next: Backoff, delay: d}
	}
	return verdict{next: Starting}
}

// shortRestarts is how many of the streak were restarts: not the run that a
// user started.
func shortRestarts(h history) int {
	if h.streak == h.runs {
		return h.streak - 1
	}
	return h.streak
}

// restartDelay is how long to wait before the next try. A run that was long
// enough (streak 0) is followed at once; after that the wait doubles with each
// short run. A restart delay is constant instead.
func restartDelay(p wire.Policy, streak int, jitter float64) time.Duration {
	if p.RestartDelay > 0 {
		return milliseconds(p.RestartDelay)
	}
	if streak == 0 || p.BackoffMinMS <= 0 {
		return 0
	}
	d := milliseconds(p.BackoffMinMS)
	limit := max(milliseconds(p.BackoffMaxMS), d)
	if shift := min(streak-1, 62); d <= limit>>shift { // else d<<shift is too much, or no number at all
		d <<= shift
	} else {
		d = limit
	}
	return min(d+time.Duration(float64(d)*jitter/10), limit)
}

// defaultListenTimeout is how long readiness may take where nothing was said.
const defaultListenTimeout = 30 * time.Second

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
