package logs

import (
	"testing"
	"time"
)

// TestPace plays programs that write at a steady rate: the pace is right when
// few looks are needed and the pipe is never full for long.
func TestPace(t *testing.T) {
	const size = 64 << 10
	for _, test := range []struct {
		name  string
		every time.Duration // between lines
		line  int64
		looks [2]int // how many in a second, at least and at most
	}{
		{"a line a second", time.Second, 100, [2]int{1, 1}},
		{"40 lines a second", 25 * time.Millisecond, 100, [2]int{40, 40}},
		{"100 lines a second", 10 * time.Millisecond, 100, [2]int{70, 100}},
		{"1000 lines a second", time.Millisecond, 100, [2]int{70, 100}},
		{"10 MB a second", 10 * time.Microsecond, 100, [2]int{80, 700}},
		{"1 GB a second", time.Microsecond, 1000, [2]int{15000, 60000}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := pace{last: -time.Hour}
			var looks int
			var written, taken int64
			for now := time.Duration(0); now < time.Second; {
				written = int64(now/test.every+1) * test.line
				n := min(written-taken, size)
				taken += n
				if n == 0 { // watched: the next line wakes us
					now = now.Truncate(test.every) + test.every
					continue
				}
				looks++
				woken := p.pause == 0
				if pause := p.next(now, n, size, woken); pause > 0 {
					now = due(now, pause)
				} else {
					now = now.Truncate(test.every) + test.every
				}
				taken = max(taken, int64(now/test.every+1)*test.line-size) // the program waited
			}
			if looks < test.looks[0] || looks > test.looks[1] {
				t.Errorf("%d looks in a second, want %v", looks, test.looks)
			}
		})
	}
}

// TestPaceOfABurst goes from few lines to full speed: the program may be held up
// for a few pauses, not more.
func TestPaceOfABurst(t *testing.T) {
	const size = 64 << 10
	p := pace{pause: maxPause}
	var lost time.Duration
	for p.pause > 0 {
		lost += p.pause
		p.next(p.last+p.pause, size, size, false)
	}
	if lost > 2*maxPause {
		t.Errorf("held up for %v", lost)
	}
}
