package stats

import (
	"math"
	"time"

	"forever/internal/proc"
	"forever/internal/who"
	"forever/internal/wire"
)

// fillUsage measures every tree and remembers it for the next look.
func (s *Sampler) fillUsage(running []*wire.Instance, trees [][]proc.Entry, o Options) {
	seen := make(map[life]sample, len(trees))
	measure := Meter(trees...)
	for i, tree := range trees {
		inst := running[i]
		used, main := treeUsage(inst.PID, tree, measure)
		if main.PID == 0 {
			continue
		}
		if o.Memory {
			inst.MemoryBytes = used.Memory
		}
		key, now := life{main.PID, main.Start}, sample{used.CPU, time.Now()}
		if o.CPU {
			inst.CPUPercent = s.percent(key, now)
		}
		seen[key] = now
	}
	s.last = seen
}

// treeUsage adds up a tree, and finds its main process. Processes that ended
// since the snapshot are left out.
func treeUsage(pid int, tree []proc.Entry, measure func(proc.Entry) (Usage, bool)) (sum Usage, main proc.Entry) {
	for _, e := range tree {
		u, ok := measure(e)
		if !ok {
			continue
		}
		sum.CPU += u.CPU
		sum.Memory += u.Memory
		if e.PID == pid {
			main = e
		}
	}
	return sum, main
}

// percent is the load since the last look at this life, or since its start.
func (s *Sampler) percent(l life, now sample) float64 {
	used, within := now.cpu, who.Age(l.start)
	if last, ok := s.last[l]; ok {
		used, within = now.cpu-last.cpu, now.at.Sub(last.at)
	}
	return load(used, within)
}

// load is used time in percent of the time that went by, to one decimal. The
// kernel counts in ticks: what cannot be told yet, and time that went away with
// a child nobody waited for, is 0.
func load(used, within time.Duration) float64 {
	if used <= 0 || within <= 0 {
		return 0
	}
	return math.Round(float64(used)/float64(within)*1000) / 10
}
