//go:build unix

package shim

import (
	"testing"
	"time"
)

// A clock that was set is not to be had in a test; that nothing is lost is seen.
func TestSpan(t *testing.T) {
	since := time.Now()
	end := since.Add(1500 * time.Millisecond)
	began, ended := span(since, end)
	if !began.Equal(since) || !ended.Equal(end) || began != began.Round(0) || ended != ended.Round(0) {
		t.Errorf("from %v to %v, want from %v to %v without a monotonic reading", began, ended, since, end)
	}
	if began, ended = span(time.Time{}, end); !began.IsZero() || !ended.Equal(end) {
		t.Errorf("from %v to %v where the begin is not known", began, ended)
	}
}
