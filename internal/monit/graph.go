package monit

import (
	"math"
	"strings"
)

// eighths are the bars of one row, from empty to full.
var eighths = [...]string{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}

// bars draws a value per column, as rows of text from the top down. top is the
// value of a full column. A value above 0 always shows, one that is not known
// (negative) never does.
func bars(values []float64, top float64, rows int) []string {
	lines := make([]string, rows)
	for i := range lines {
		var b strings.Builder
		below := (rows - 1 - i) * 8 // eighths in the rows under this one
		for _, v := range values {
			b.WriteString(eighths[min(max(height(v, top, rows)-below, 0), 8)])
		}
		lines[i] = b.String()
	}
	return lines
}

// height is how many eighths of a row a value is high.
func height(v, top float64, rows int) int {
	if v < 0 || top <= 0 {
		return 0
	}
	h := int(math.Round(v / top * float64(rows*8)))
	if h == 0 && v > 0 {
		h = 1
	}
	return min(h, rows*8)
}

// roundPercent is the end of a scale of percents that has room for v.
func roundPercent(v float64) float64 {
	for _, top := range []float64{5, 10, 25, 50, 100, 200, 400, 800} {
		if v <= top {
			return top
		}
	}
	return math.Ceil(v/1000) * 1000
}

// roundBytes is the end of a scale of sizes that has room for v: a power of
// two, or one and a half of it, and at least 1 MiB.
func roundBytes(v float64) float64 {
	top := float64(1 << 20)
	for {
		switch {
		case v <= top:
			return top
		case v <= 1.5*top:
			return 1.5 * top
		}
		top *= 2
	}
}
