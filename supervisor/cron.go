package supervisor

import (
	"time"

	"forever/internal/clock"
	"forever/internal/schedule"
	"forever/internal/wire"
)

// lookAgain bounds how long one wait for a cron time is: the machine may sleep,
// in which timers stand still, and its clock may be set. A time that was missed
// in between is made up for then, once.
const lookAgain = 10 * time.Minute

// cron is the times at which an app is started anew.
type cron struct {
	pattern string
	times   schedule.Schedule
	next    time.Time
	timer   clock.Timer
}

// tendCron has a timer run exactly while the app is wanted to and has a pattern.
func (a *app) tendCron() {
	want := a.spec.Policy.Cron
	if !a.awake() {
		want = ""
	}
	if a.cron != nil && a.cron.pattern != want {
		a.cron.timer.Stop()
		a.cron = nil
	}
	if a.cron != nil || want == "" {
		return
	}
	now := a.s.clock.Now()
	times, err := schedule.Parse(want, now)
	if err != nil {
		return // it was refused when it came; a state file of another version
	}
	a.cron = &cron{pattern: want, times: times, next: times.Next(now)}
	a.armCron()
}

// awake: the app is in the list and wanted to run.
func (a *app) awake() bool {
	return !a.gone && !a.deleting && a.desired == wire.DesiredRunning
}

func (a *app) armCron() {
	s, c := a.s, a.cron
	wait := min(c.next.Sub(s.clock.Now().Round(0)), lookAgain) // by the wall clock
	c.timer = s.clock.AfterFunc(wait, func() {
		s.post(func() {
			if a.cron == c {
				a.tick()
			}
		})
	})
}

// tick starts the app anew if it is time. How many times were missed does not count.
func (a *app) tick() {
	c := a.cron
	now := a.s.clock.Now()
	if due := c.next; !now.Round(0).Before(due) {
		c.next = c.times.Next(now)
		for _, in := range a.chosen(-1) {
			in.replace("cron " + c.pattern)
		}
	}
	if c.next.IsZero() {
		return // none will come any more
	}
	a.armCron()
}
