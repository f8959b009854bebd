package supervisor

import (
	"math"
	"strings"
	"testing"
	"time"

	"forever/internal/wire"
)

// The exits and policies of the table below.
var (
	exitFail   = wire.Exit{Code: 1}
	exitClean  = wire.Exit{Code: 0}
	exitKilled = wire.Exit{Code: 137, Signal: "SIGKILL"}
	polAlways  = policyWith(func(p *wire.Policy) { p.Restart = wire.RestartAlways })
	polNever   = policyWith(func(p *wire.Policy) { p.Restart = wire.RestartNever })
	polCodes   = policyWith(func(p *wire.Policy) { p.SuccessCodes = []int{3, 143} })
	polMax3    = policyWith(func(p *wire.Policy) { p.MaxRuns = 3 })
	polThree   = policyWith(func(p *wire.Policy) { p.MaxRestarts = 3 })
	polDelay   = policyWith(func(p *wire.Policy) { p.RestartDelay = 700 })
	polNone    = policyWith(func(p *wire.Policy) { p.BackoffMinMS = 0 })
)

const firstWait = 100 * time.Millisecond

func policyWith(change func(*wire.Policy)) wire.Policy {
	p := defaultPolicy()
	change(&p)
	return p
}

var judgments = []struct {
	name   string
	policy wire.Policy
	exit   wire.Exit
	runs   int
	streak int
	want   State
	delay  time.Duration
	why    string
}{
	{"a failure after a long run", defaultPolicy(), exitFail, 4, 0, Starting, 0, ""},
	{"a failure after a short run", defaultPolicy(), exitFail, 4, 1, Backoff, firstWait, ""},
	{"an end without a failure", defaultPolicy(), exitClean, 1, 1, Exited, 0, ""},
	{"a death by signal", defaultPolicy(), exitKilled, 9, 0, Starting, 0, ""},
	{"an unknown exit code", defaultPolicy(), wire.Exit{Code: -1}, 9, 0, Starting, 0, ""},
	{"no policy named", policyWith(func(p *wire.Policy) { p.Restart = "" }), exitClean, 1, 0, Exited, 0, ""},

	{"always, without a failure", polAlways, exitClean, 2, 0, Starting, 0, ""},
	{"always, without a failure, short", polAlways, exitClean, 2, 2, Backoff, 2 * firstWait, ""},
	{"always, with a failure", polAlways, exitFail, 2, 0, Starting, 0, ""},
	{"never, without a failure", polNever, exitClean, 1, 0, Exited, 0, "never"},
	{"never, with a failure", polNever, exitFail, 1, 1, Failed, 0, "never"},
	{"never, by signal", polNever, exitKilled, 1, 1, Failed, 0, "never"},

	{"a code that counts as success", polCodes, wire.Exit{Code: 3}, 1, 1, Exited, 0, ""},
	{"a code that does not", polCodes, wire.Exit{Code: 4}, 1, 0, Starting, 0, ""},
	{"a signal is none of the codes", polCodes, wire.Exit{Code: 143, Signal: "SIGTERM"}, 1, 0, Starting, 0, ""},

	{"--max with runs left", polMax3, exitFail, 2, 0, Starting, 0, ""},
	{"--max reached", polMax3, exitFail, 3, 0, Failed, 0, "3 times"},
	{"--max reached without a failure", policyWith(func(p *wire.Policy) { p.MaxRuns, p.Restart = 1, wire.RestartAlways }), exitClean, 1, 1, Exited, 0, "once"},

	{"--max-restarts: the first run is no restart", polThree, exitFail, 1, 1, Backoff, firstWait, ""},
	{"--max-restarts: two restarts were short", polThree, exitFail, 3, 3, Backoff, 4 * firstWait, ""},
	{"--max-restarts: three restarts were short", polThree, exitFail, 4, 4, Failed, 0, "3 restarts"},
	{"--max-restarts: after a long run each counts", polThree, exitFail, 9, 2, Backoff, 2 * firstWait, ""},
	{"--max-restarts: after a long run, three", polThree, exitFail, 9, 3, Failed, 0, "3 restarts"},
	{"--max-restarts after a long run", polThree, exitFail, 99, 0, Starting, 0, ""},
	{"--max-restarts 1", policyWith(func(p *wire.Policy) { p.MaxRestarts = 1 }), exitFail, 2, 2, Failed, 0, "1 restart in"},
	{"always fails too when it gives up", policyWith(func(p *wire.Policy) { p.MaxRestarts, p.Restart = 1, wire.RestartAlways }), exitClean, 2, 2, Failed, 0, "min-uptime"},

	{"--restart-delay after a short run", polDelay, exitFail, 5, 5, Backoff, 700 * time.Millisecond, ""},
	{"--restart-delay after a long run", polDelay, exitFail, 5, 0, Backoff, 700 * time.Millisecond, ""},
	{"no backoff", polNone, exitFail, 5, 5, Starting, 0, ""},
}

func TestJudge(t *testing.T) {
	for _, tt := range judgments {
		t.Run(tt.name, func(t *testing.T) {
			got := judge(tt.policy, tt.exit, history{runs: tt.runs, streak: tt.streak}, 0)
			if got.next != tt.want || got.delay != tt.delay || !strings.Contains(got.why, tt.why) {
				t.Errorf("got %v after %v (%q), want %v after %v (%q)", got.next, got.delay, got.why, tt.want, tt.delay, tt.why)
			}
			if got.next == Failed && got.why == "" {
				t.Error("given up without a reason")
			}
		})
	}
}

func TestBackoffDoublesUpToItsLimit(t *testing.T) {
	p := defaultPolicy()
	want := []time.Duration{100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000}
	for i, ms := range want {
		ms *= time.Millisecond
		if got := restartDelay(p, i+1, 0); got != ms {
			t.Errorf("short run %d: wait %v, want %v", i+1, got, ms)
		}
		if got := restartDelay(p, i+1, -1); got != ms-ms/10 {
			t.Errorf("short run %d: shortest wait %v, want %v", i+1, got, ms-ms/10)
		}
		if got, longest := restartDelay(p, i+1, 1), min(ms+ms/10, 30*time.Second); got != longest {
			t.Errorf("short run %d: longest wait %v, want %v", i+1, got, longest)
		}
	}
	if got := restartDelay(p, 0, 1); got != 0 {
		t.Errorf("after a long run: wait %v, want none", got)
	}
}

// Whatever was configured and however long it has been failing: a wait is
// never negative, never longer than the limit, and never shorter than the
// shortest less its jitter, which would be a loop at full speed.
func FuzzRestartDelay(f *testing.F) {
	f.Add(int64(100), int64(30_000), 1, 0.0)
	f.Add(int64(5_000), int64(30_000), 32, -1.0) // 5 s doubled 31 times is more than 2^63 ns
	f.Add(int64(60_000), int64(3_600_000), 29, 1.0)
	f.Add(int64(1), int64(0), math.MaxInt, 1.0)
	const year = 365 * 24 * 3600 * 1000
	f.Fuzz(func(t *testing.T, least, most int64, streak int, jitter float64) {
		if least <= 0 || least > year || most < 0 || most > year || streak < 1 || !(jitter >= -1 && jitter <= 1) {
			return
		}
		p := wire.Policy{BackoffMinMS: least, BackoffMaxMS: most}
		limit := max(milliseconds(most), milliseconds(least))
		got := restartDelay(p, streak, jitter)
		if shortest := milliseconds(least) * 9 / 10; got < shortest || got > limit {
			t.Errorf("wait %v, want between %v and %v", got, shortest, limit)
		}
		if next := restartDelay(p, max(streak, streak+1), 0); next < restartDelay(p, streak, 0) {
			t.Errorf("short run %d waits %v, the one before it longer", streak+1, next)
		}
	})
}
