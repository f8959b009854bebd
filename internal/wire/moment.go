package wire

import "time"

// Moment is a time as the JSON of apps has it: to the millisecond, always with
// three digits, in UTC, so that every language's simplest parser reads it. The
// zero Moment is null.
type Moment struct{ time.Time }

// momentLayout is that form: 2026-01-02T03:04:05.678Z.
const momentLayout = `"2006-01-02T15:04:05.000Z"`

// MarshalJSON never fails. What is finer than a millisecond is cut off.
func (m Moment) MarshalJSON() ([]byte, error) {
	if m.IsZero() {
		return []byte("null"), nil
	}
	return m.UTC().AppendFormat(nil, momentLayout), nil
}

// Same tells whether both are one moment as far as their JSON can tell.
func (m Moment) Same(t time.Time) bool { return m.UnixMilli() == t.UnixMilli() }
