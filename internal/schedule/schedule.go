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

// Next is the first time after t; zero: there is none within five years.
func (s Schedule) Next(t time.Time) time.Time { return s.times.Next(t) }
