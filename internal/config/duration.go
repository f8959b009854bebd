package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseDuration reads a duration that is not negative: a bare whole number of
// milliseconds, or numbers with units (ms, s, m, h, d) such as 1m30s or 1.5h.
func ParseDuration(s string) (time.Duration, error) {
	bad := fmt.Errorf("wants a duration such as 500ms, 2s or 1m30s (a bare number is milliseconds), not %q", s)
	if isDigits(s) {
		s += "ms"
	}
	var total float64
	for rest := s; rest != "" || s == ""; {
		number, unit, tail := cutQuantity(rest)
		value, err := strconv.ParseFloat(number, 64)
		size := durationUnit(unit)
		if err != nil || size == 0 {
			return 0, bad
		}
		total += value * float64(size)
		rest = tail
	}
	if total >= math.MaxInt64 {
		return 0, fmt.Errorf("wants a duration, and %q is too long", s)
	}
	return time.Duration(total), nil
}

func durationUnit(unit string) time.Duration {
	switch unit {
	case "ms":
		return time.Millisecond
	case "s":
		return time.Second
	case "m":
		return time.Minute
	case "h":
		return time.Hour
	case "d":
		return 24 * time.Hour
	}
	return 0
}

// ParseSize reads a number of bytes that is not negative: bare, or with a unit
// K, M, G or T, each 1024 times the one before; KB and KiB mean the same.
func ParseSize(s string) (int64, error) {
	number, unit, rest := cutQuantity(s)
	shift, known := sizeShift(unit)
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || !known || rest != "" {
		return 0, fmt.Errorf("wants a size such as 300M, 1G or 1GiB (a bare number is bytes), not %q", s)
	}
	if isDigits(number) { // exact, also where a float64 is not
		whole, err := strconv.ParseInt(number, 10, 64)
		if err == nil && whole <= math.MaxInt64>>shift {
			return whole << shift, nil
		}
	}
	value *= float64(int64(1) << shift)
	if value >= math.MaxInt64 {
		return 0, fmt.Errorf("wants a size, and %q is too large", s)
	}
	return int64(value), nil
}

// sizeShift returns the unit as a power of two.
func sizeShift(unit string) (shift uint, known bool) {
	unit = strings.ToUpper(unit)
	if unit == "" || unit == "B" {
		return 0, true
	}
	i := strings.IndexByte("KMGT", unit[0])
	if rest := unit[1:]; i < 0 || rest != "" && rest != "B" && rest != "IB" {
		return 0, false
	}
	return uint(i+1) * 10, true
}

// cutQuantity cuts a number and the letters behind it from the front of s.
func cutQuantity(s string) (number, unit, rest string) {
	i := 0
	for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.') {
		i++
	}
	j := i
	for j < len(s) && (s[j] >= 'a' && s[j] <= 'z' || s[j] >= 'A' && s[j] <= 'Z') {
		j++
	}
	if j == i && j < len(s) {
		return s[:i], s[i:], "" // what follows is neither: no unit has that name
	}
	return s[:i], s[i:j], s[j:]
}

// isDigits tells whether s is a whole number without a sign.
func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
