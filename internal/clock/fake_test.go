package clock

import (
	"slices"
	"testing"
	"time"
)

func TestFakeCallsInOrderAtTheirTimes(t *testing.T) {
	start := time.Unix(1000, 0)
	c := NewFake(start)
	var got []time.Duration
	note := func() { got = append(got, c.Now().Sub(start)) }
	c.AfterFunc(3*time.Second, note)
	c.AfterFunc(time.Second, func() { note(); c.AfterFunc(time.Second, note) })
	stopped := c.AfterFunc(2*time.Second, note)
	if !stopped.Stop() || stopped.Stop() {
		t.Error("Stop: want true once, then false")
	}
	c.Advance(10 * time.Second)
	want := []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}
	if !slices.Equal(got, want) {
		t.Errorf("called at %v, want %v", got, want)
	}
	if c.Waiting() != 0 || c.Now() != start.Add(10*time.Second) {
		t.Errorf("left %d timers at %v", c.Waiting(), c.Now())
	}
}
