package clock

import (
	"fmt"
	"strconv"
	"time"
)

const day = 24 * time.Hour

// Format writes d for people, with its two greatest units: 850ms, 1.2s, 42s,
// 1m02s, 1h02m, 3d4h. What is left over is cut off, as a clock does; a negative
// d is 0s.
func Format(d time.Duration) string {
	switch {
	case d <= 0:
		return "0s"
	case d < time.Millisecond:
		return "1ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	case d < 10*time.Second:
		return tenths(d)
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + "s"
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < day:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
}

// tenths writes a few seconds as 1.2s, and as 3s where the tenth is none.
func tenths(d time.Duration) string {
	whole, tenth := d/time.Second, d%time.Second/(100*time.Millisecond)
	if tenth == 0 {
		return fmt.Sprintf("%ds", whole)
	}
	return fmt.Sprintf("%d.%ds", whole, tenth)
}
