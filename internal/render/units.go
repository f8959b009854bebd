package render

import (
	"strconv"
	"time"

	"forever/internal/clock"
)

// Duration prints d with its two greatest units: 850ms, 1.2s, 42s, 1m02s.
func Duration(d time.Duration) string { return clock.Format(d) }

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
