package logs

import (
	"strings"
	"testing"
	"time"
)

func TestStamps(t *testing.T) {
	zone := time.FixedZone("CEST", 2*3600)
	at := time.Date(2026, 3, 2, 15, 4, 5, 67_000_000, zone)
	for format, want := range map[string]string{
		"YYYY-MM-DDTHH:mm:ss":        "2026-03-02T15:04:05", // --time
		"YYYY-MM-DD HH:mm:ss.SSS Z":  "2026-03-02 15:04:05.067 +02:00",
		"YYYY-MM-DD HH:mm Z":         "2026-03-02 15:04 +02:00",
		"DD-MM-YYYY":                 "02-03-2026",
		"D/M/YY h:m:s a":             "2/3/26 3:4:5 pm",
		"hh:mm:ss A":                 "03:04:05 PM",
		"dddd ddd dd d, MMMM MMM Do": "Monday Mon Mo 1, March Mar 2nd",
		"H ZZ X x Q":                 "15 +0200 1772456645 1772456645067 1",
		"SS S":                       "06 0",
		"[at] HH[h]mm":               "at 15h04",
		"[open HH":                   "[open 15",
		"[]":                         "",
		"":                           "",
		"…":                          "…",
		"2006-01-02 15:04:05.000":    "2026-03-02 15:04:05.067",
		"15:04:05":                   "15:04:05",
		"3:04PM":                     "3:04PM",
		"RFC3339":                    "2026-03-02T15:04:05+02:00",
		"RFC1123Z":                   "Mon, 02 Mar 2026 15:04:05 +0200",
		"ISO8601":                    "2026-03-02T15:04:05.067+02:00",
		"Kitchen":                    "3:04PM",
		"StampMilli":                 "Mar  2 15:04:05.067",
		"DateTime":                   "2026-03-02 15:04:05",
		"Unix":                       "1772456645",
		"UnixMilli":                  "1772456645067",
	} {
		if got := string(parseStamp(format).append(nil, at)); got != want {
			t.Errorf("%q: %q, want %q", format, got, want)
		}
	}
	midnight := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	if got := string(parseStamp("H HH h hh a Do").append(nil, midnight)); got != "0 00 12 12 am 23rd" {
		t.Errorf("midnight: %q", got)
	}
}

// FuzzStamp: every text is a format, what is in brackets stands for itself, and
// nothing is longer than its tokens can make it.
func FuzzStamp(f *testing.F) {
	for _, seed := range []string{"YYYY-MM-DDTHH:mm:ss", "[at] HH", "2006", "ZZZ", "[[]]", "\xff", "DoDDo"} {
		f.Add(seed, int64(0))
	}
	f.Fuzz(func(t *testing.T, format string, unix int64) {
		at := time.Unix(unix%(1<<33), 0).UTC()
		got := parseStamp(format).append([]byte("x"), at)
		if got[0] != 'x' || len(got) > 1+len(format)*32+64 {
			t.Fatalf("%q: %q", format, got)
		}
		if strings.Contains(format, "]") || parseStamp("["+format+"]").layout != "" || format == "" {
			return
		}
		if got := string(parseStamp("["+format+"]").append(nil, at)); got != format {
			t.Fatalf("[%s]: %q", format, got)
		}
	})
}
