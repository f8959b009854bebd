package monit

import (
	"time"

	"forever/internal/render"
	"forever/internal/wire"
)

// lateAfter is how much later than expected an answer may come.
const lateAfter = 2 * time.Second

// remembered is how many looks are remembered for each app.
const remembered = 900

// usage is what an app used at one look. Before it was measured, and while the
// app does not run, both are 0.
type usage struct {
	cpu    float32 // percent of one processor
	memory uint64  // bytes
}

// print is the cpu and the memory as text; where nothing runs there is none.
func (u usage) print() (cpu, memory string) {
	if u.memory == 0 {
		return "–", "–"
	}
	return render.Percent(float64(u.cpu)), render.Bytes(u.memory)
}

// history holds the last looks at one app. Its zero value is empty.
type history struct {
	ring  []usage
	count int // looks in all; the last is at (count-1) % remembered
}

func (h *history) add(u usage) {
	if h.count < remembered {
		h.ring = append(h.ring, u)
	} else {
		h.ring[h.count%remembered] = u
	}
	h.count++
}

// last is the newest look.
func (h *history) last() usage {
	if h.count == 0 {
		return usage{}
	}
	return h.ring[(h.count-1)%remembered]
}

// columns are the greatest values of each step looks, the newest at the right,
// by the value that pick takes; -1 where there was no look. The steps are
// counted from the first look, so that a column stays what it is as it moves.
func (h *history) columns(n, step int, pick func(usage) float64) []float64 {
	values := make([]float64, n)
	last := (h.count - 1) / step // the step of the newest look
	for i := range values {
		at := last - (n - 1 - i)
		values[i] = -1
		for look := at * step; h.count > 0 && look < (at+1)*step; look++ {
			if look >= max(0, h.count-remembered) && look < h.count {
				values[i] = max(values[i], pick(h.ring[look%remembered]))
			}
		}
	}
	return values
}

func cpuOf(u usage) float64    { return float64(u.cpu) }
func memoryOf(u usage) float64 { return float64(u.memory) }

// used adds up what the instances of an app use.
func used(a *wire.App) (u usage) {
	for i := range a.Instances {
		u.cpu += float32(a.Instances[i].CPUPercent)
		u.memory += a.Instances[i].MemoryBytes
	}
	return u
}

// spans are what a graph can reach back to.
var spans = [...]time.Duration{2 * time.Minute, 5 * time.Minute, 15 * time.Minute}

// stepFor is how many looks make a column, so that n columns are at least span,
// as far as looks are remembered.
func stepFor(span, interval time.Duration, n int) int {
	looks := min(int(span/interval), remembered)
	return max(1, (looks+n-1)/max(n, 1))
}
