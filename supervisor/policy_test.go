package supervisor

import (
	"math"
	"strings"
	"testing"
	"time"

	"forever/internal/wire"
)

func TestJudge(t *testing.T) {
	fail := wire.Exit{Code: 1}
	clean := wire.Exit{Code: 0}
	killed := wire.Exit{Code: 137, Signal: "SIGKILL"}
	with := func(change func(*wire.Policy)) wire.Policy {
		p := defaultPolicy()
		change(&p)
		return p
	}
	always := with(func(p *wire.Policy) { p.Restart = wire.RestartAlways })
	never := with(func(p *wire.Policy) { p.Restart = wire.RestartNever })
	codes := with(func(p *wire.Policy) { p.SuccessCodes = []int{3, 143} })
	max3 := with(func(p *wire.Policy) { p.MaxRuns = 3 })
	three := with(func(p *wire.Policy) { p.MaxRestarts = 3 })
	delay := with(func(p *wire.Policy) { p.RestartDelay = 700 })
	none := with(func(p *wire.Policy) { p.BackoffMinMS = 0 })
	const first = 100 * time.Millisecond
	tests := []struct {
		name   string
		policy wire.Policy
		exit   wire.Exit
		runs   int
		streak int
		want   State
		delay  time.Duration
		why    string
	}{
		{"a failure after a long run", defaultPolicy(), fail, 4, 0, Starting, 0, ""},
		{"a failure after a short run", defaultPolicy(), fail, 4, 1, Backoff, first, ""},
		{"an end without a failure", defaultPolicy(), clean, 1, 1, Exited, 0, ""},
		{"a death by signal", defaultPolicy(), killed, 9, 0, Starting, 0, ""},
		{"an unknown exit code", defaultPolicy(), wire.Exit{Code: -1}, 9, 0, Starting, 0, ""},
		{"no policy named", with(func(p *wire.Policy) { p.Restart = "" }), clean, 1, 0, Exited, 0, ""},

		{"always, without a failure", always, clean, 2, 0, Starting, 0, ""},
		{"always, without a failure, short", always, clean, 2, 2, Backoff, 2 * first, ""},
		{"always, with a failure", always, fail, 2, 0, Starting, 0, ""},
		{"never, without a failure", never, clean, 1, 0, Exited, 0, "never"},
		{"never, with a failure", never, fail, 1, 1, Failed, 0, "never"},
		{"never, by signal", never, killed, 1, 1, Failed, 0, "never"},

		{"a code that counts as success", codes, wire.Exit{Code: 3}, 1, 1, Exited, 0, ""},
		{"a code that does not", codes, wire.Exit{Code: 4}, 1, 0, Starting, 0, ""},
		{"a signal is none of the codes", codes, wire.Exit{Code: 143, Signal: "SIGTERM"}, 1, 0, Starting, 0, ""},

		{"--max with runs left", max3, fail, 2, 0, Starting, 0, ""},
		{"--max reached", max3, fail, 3, 0, Failed, 0, "3 times"},
		{"--max reached without a failure", with(func(p *wire.Policy) { p.MaxRuns, p.Restart = 1, wire.RestartAlways }), clean, 1, 1, Exited, 0, "once"},

		{"--max-restarts: the first run is no restart", three, fail, 1, 1, Backoff, first, ""},
		{"--max-restarts: two restarts were short", three, fail, 3, 3, Backoff, 4 * first, ""},
		{"--max-restarts: three restarts were short", three, fail, 4, 4, Failed, 0, "3 restarts"},
		{"--max-restarts: after a long run each counts", three, fail, 9, 2, Backoff, 2 * first, ""},
		{"--max-restarts: after a long run, three", three, fail, 9, 3, Failed, 0, "3 restarts"},
		{"--max-restarts after a long run", three, fail, 99, 0, Starting, 0, ""},
		{"--max-restarts 1", with(func(p *wire.Policy) { p.MaxRestarts = 1 }), fail, 2, 2, Failed, 0, "1 restart in"},
		{"always fails too when it gives up", with(func(p *wire.Policy) { p.MaxRestarts, p.Restart = 1, wire.RestartAlways }), clean, 2, 2, Failed, 0, "min-uptime"},

		{"--restart-delay after a short run", delay, fail, 5, 5, Backoff, 700 * time.Millisecond, ""},
		{"--restart-delay after a long run", delay, fail, 5, 0, Backoff, 700 * time.Millisecond, ""},
		{"no backoff", none, fail, 5, 5, Starting, 0, ""},
	}
	for _, tt := range tests {
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
