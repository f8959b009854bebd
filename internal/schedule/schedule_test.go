package schedule_test

import (
	"strings"
	"testing"
	"time"

	"forever/internal/schedule"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func TestNext(t *testing.T) {
	for pattern, want := range map[string]time.Time{
		"CRON_TZ=UTC 0 3 * * *":     time.Date(2026, 1, 3, 3, 0, 0, 0, time.UTC),
		"TZ=UTC 0 3 * * *":          time.Date(2026, 1, 3, 3, 0, 0, 0, time.UTC),
		"CRON_TZ=UTC 30 0 3 * * *":  time.Date(2026, 1, 3, 3, 0, 30, 0, time.UTC),
		"CRON_TZ=UTC */15 * * * *":  noon.Add(15 * time.Minute),
		"CRON_TZ=UTC 0 0 * * mon":   time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC),
		"CRON_TZ=UTC @monthly":      time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC),
		" @every 90m ":              noon.Add(90 * time.Minute),
		"CRON_TZ=UTC 0 0 29 feb *":  time.Date(2028, 2, 29, 0, 0, 0, 0, time.UTC),
		"CRON_TZ=UTC 0 12 * * 1-5 ": time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC),
	} {
		s, err := schedule.Parse(pattern, noon)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		if got := s.Next(noon); !got.Equal(want) {
			t.Errorf("%s: next is %v, want %v", pattern, got, want)
		}
	}
}

// The hour that a clock change leaves out has no tick; the one that it repeats has one.
func TestNextOverAClockChange(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("this machine has no time zones: ", err)
	}
	s, err := schedule.Parse("CRON_TZ=Europe/Berlin 30 2 * * *", noon)
	if err != nil {
		t.Fatal(err)
	}
	before := time.Date(2026, 3, 29, 0, 0, 0, 0, zone)
	if got, want := s.Next(before), time.Date(2026, 3, 30, 2, 30, 0, 0, zone); !got.Equal(want) {
		t.Errorf("in spring: %v, want %v", got, want)
	}
	first := s.Next(time.Date(2026, 10, 25, 0, 0, 0, 0, zone))
	if got, want := s.Next(first), time.Date(2026, 10, 26, 2, 30, 0, 0, zone); first.Day() != 25 || !got.Equal(want) {
		t.Errorf("in autumn: %v and then %v, want %v", first, got, want)
	}
	if s, err = schedule.Parse("CRON_TZ=Europe/Berlin 30 * * * *", noon); err != nil {
		t.Fatal(err)
	}
	if got := s.Next(first); got.Sub(first) != time.Hour {
		t.Errorf("every hour in autumn: %v comes after %v", got, first)
	}
}

// A zone in the pattern counts, whatever zone the time is given in.
func TestNextInAZone(t *testing.T) {
	for name, hour := range map[string]int{"Asia/Tokyo": 18, "America/New_York": 8, "Asia/Kolkata": 21} {
		if _, err := time.LoadLocation(name); err != nil {
			t.Skip("this machine has no time zones: ", err)
		}
		s, err := schedule.Parse("CRON_TZ="+name+" 0 3 * * *", noon)
		if err != nil {
			t.Fatal(err)
		}
		got := s.Next(noon)
		if local := got.In(noon.Location()); local.Hour() != hour || got.Sub(noon) > 24*time.Hour {
			t.Errorf("three o'clock in %s is %v", name, local)
		}
	}
}

func TestWrongPatterns(t *testing.T) {
	for pattern, want := range map[string]string{
		"":                       `wants a cron pattern such as "0 3 * * *", not ""`,
		"often":                  `wants a cron pattern such as "0 3 * * *", not "often"`,
		"* * * *":                `wants a cron pattern`,
		"61 * * * *":             `wants a cron pattern`,
		"* * * * * * *":          `wants a cron pattern`,
		"@sometimes":             `wants a cron pattern`,
		"@every soon":            `wants a cron pattern`,
		"TZ=UTC":                 `wants a cron pattern behind the time zone`,
		"CRON_TZ=":               `wants a cron pattern behind the time zone`,
		"CRON_TZ=Here 0 3 * * *": `wants a cron pattern`,
		"0 0 31 2 *":             `has a pattern whose time never comes`,
	} {
		if _, err := schedule.Parse(pattern, noon); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", pattern, err, want)
		}
	}
}

// Whatever is typed is answered, and a time that is promised comes later.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"0 3 * * *", "TZ=UTC", "CRON_TZ=UTC @daily", "*/0 * * * *", "1-5/2,7 * * jan-dec sun", "@every 1s", "TZ= x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		s, err := schedule.Parse(pattern, noon)
		if err == nil && !s.Next(noon).After(noon) {
			t.Errorf("%q: next is %v", pattern, s.Next(noon))
		}
	})
}
