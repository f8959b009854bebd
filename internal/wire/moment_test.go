package wire

import (
	"encoding/json"
	"testing"
	"time"
)

func TestMomentInJSON(t *testing.T) {
	east := time.FixedZone("east", 2*60*60)
	for want, at := range map[string]time.Time{
		`"2026-01-02T03:04:05.678Z"`: time.Date(2026, 1, 2, 3, 4, 5, 678_999_999, time.UTC),
		`"2026-01-02T03:04:05.500Z"`: time.Date(2026, 1, 2, 5, 4, 5, 500_000_000, east),
		`"2026-01-02T03:04:05.000Z"`: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		`null`:                       {},
	} {
		got, err := json.Marshal(Moment{at})
		if err != nil || string(got) != want {
			t.Errorf("%v is %s, %v, want %s", at, got, err, want)
		}
		var back Moment
		if err := json.Unmarshal(got, &back); err != nil || back.IsZero() != at.IsZero() || !back.Same(at) {
			t.Errorf("%s became %v, %v", got, back, err)
		}
	}
}

// As others, and earlier versions, write it.
func TestMomentOfOtherPrecision(t *testing.T) {
	var m Moment
	if err := json.Unmarshal([]byte(`"2026-01-02T03:04:05.678901234Z"`), &m); err != nil || m.Nanosecond() != 678901234 {
		t.Errorf("%v, %v", m, err)
	}
}
