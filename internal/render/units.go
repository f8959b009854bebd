package render

import (
	"fmt"
	"strconv"
	"time"
)

const day = 24 * time.Hour

// Duration prints d with its two greatest units: 850ms, 1.2s, 42s, 1m02s,
// 1h02m, 3d4h. What is left over is cut off, as a clock does; a negative d is 0s.
func Duration(d time.Duration) string {
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

// tenths prints a few seconds as 1.2s, and as 3s where the tenth is none.
func tenths(d time.Duration) string {
	whole, tenth := d/time.Second, d%time.Second/(100*time.Millisecond)
	if tenth == 0 {
		return fmt.Sprintf("%ds", whole)
	}
	return fmt.Sprintf("%d.%ds", whole, tenth)
}

// Milliseconds is Duration for the numbers of the wire messages.
func Milliseconds(ms int64) string { return Duration(time.Duration(ms) * time.Millisecond) }

// Bytes prints a size as the size options take it: 512B, 43.6M, 1.5G, in
// powers of 1024.
func Bytes(n uint64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return strconv.FormatUint(n, 10) + "B"
	}
	v, i := float64(n)/1024, 0
	for v >= 1023.95 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + units[i:i+1]
}

// Percent prints a share of one processor: 0.4%, 12.3%, 250%.
func Percent(p float64) string {
	if p >= 99.95 {
		return strconv.FormatFloat(p, 'f', 0, 64) + "%"
	}
	return strconv.FormatFloat(p, 'f', 1, 64) + "%"
}

// Plural prints a number with its noun: 1 app, 3 apps.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
