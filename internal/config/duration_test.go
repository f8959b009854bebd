package config_test

import (
	"testing"
	"time"

	"forever/internal/config"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "500": 500 * time.Millisecond, "500ms": 500 * time.Millisecond, "2s": 2 * time.Second, "1m30s": 90 * time.Second,
		"1.5h": 90 * time.Minute, "2d": 48 * time.Hour, "0.5s": 500 * time.Millisecond,
	} {
		if got, err := config.ParseDuration(text); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "s", "-1", "-1s", "1x", "1 s", "1.5", "1..5s", "1s2", "1us", "99999999999h", "٣s", "1S"} {
		if got, err := config.ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1048576": 1 << 20, "1K": 1024, "300M": 300 << 20, "1G": 1 << 30, "1GiB": 1 << 30, "1GB": 1 << 30, "1gb": 1 << 30,
		"1.5k": 1536, "2T": 2 << 40, "10B": 10, "9223372036854775807": 1<<63 - 1,
	} {
		if got, err := config.ParseSize(text); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "M", "-1", "1X", "1 M", "1MM", "1M2", "9223372036854775808", "8388608T", "1e9"} {
		if got, err := config.ParseSize(text); err == nil {
			t.Errorf("ParseSize(%q) = %v, want an error", text, got)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, text := range []string{"", "500", "1m30s", "1.5h", "1..2", "9e9s", "99999999999999999999ms"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := config.ParseDuration(text); d < 0 || err != nil && d != 0 {
			t.Errorf("ParseDuration(%q) = %v, %v", text, d, err)
		}
		if n, err := config.ParseSize(text); n < 0 || err != nil && n != 0 {
			t.Errorf("ParseSize(%q) = %v, %v", text, n, err)
		}
	})
}
