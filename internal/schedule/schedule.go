// Package schedule reads cron patterns: when an app is to be started anew.
package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule is a pattern that was read. Its zero value is not of use.
type Schedule struct{ times cron.Schedule }

// Parse reads a cron pattern: five fields (minute, hour, day of the month,
// month, day of the week), six with the seconds in front, or @hourly, @daily,
// @weekly, @monthly, @yearly, or "@every 1h30m". "CRON_TZ=Europe/Berlin " in
// front of it names the time zone; without it the machine's counts. now is for
// the check that such a time will ever come.
func Parse(pattern string, now time.Time) (Schedule, error) {
	pattern = strings.TrimSpace(pattern)
	if err := checkZone(pattern); err != nil {
		return Schedule{}, err
	}
	p := cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)
	times, err := p.Parse(pattern)
	if err != nil {
		return Schedule{}, fmt.Errorf("wants a cron pattern such as %q, not %q: %w", "0 3 * * *", pattern, err)
	}
	if times.Next(now).IsZero() {
		return Schedule{}, fmt.Errorf("has a pattern whose time never comes: %q", pattern)
	}
	return Schedule{times}, nil
}

// checkZone refuses what the library would stumble over.
func checkZone(pattern string) error {
	if !strings.HasPrefix(pattern, "TZ=") && !strings.HasPrefix(pattern, "CRON_TZ=") {
		return nil
	}
	if !strings.Contains(pattern, " ") {
		return errors.New("wants a cron pattern behind the time zone, such as " + pattern + " 0 3 * * *")
	}
	return nil
}

// Next is the first time after t; zero: there is none within five years. Where
// the clock is put forward, a time that does not come is passed over; where it is
// put back, one that comes twice counts once, unless the pattern says every hour.
func (s Schedule) Next(t time.Time) time.Time {
	next := s.times.Next(t)
	for s.again(next) {
		next = s.times.Next(next)
	}
	return next
}

// everyHour is the bit by which the library marks a field that is a star.
const everyHour = 1 << 63

// again tells whether the clock has shown this time before, because it was put
// back in between.
func (s Schedule) again(t time.Time) bool {
	spec, ok := s.times.(*cron.SpecSchedule)
	if !ok || t.IsZero() || spec.Hour&everyHour != 0 {
		return false
	}
	zone := spec.Location
	if zone == time.Local {
		zone = t.Location() // so does the library
	}
	_, now := t.In(zone).Zone()
	_, before := t.Add(-longestShift).In(zone).Zone()
	if before <= now {
		return false
	}
	_, then := t.Add(-time.Duration(before-now) * time.Second).In(zone).Zone()
	return then == before
}

// longestShift is more than a clock is put back at once.
const longestShift = 3 * time.Hour
