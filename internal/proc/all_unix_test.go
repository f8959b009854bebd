//go:build unix

package proc

import (
	"slices"
	"testing"
)

func TestAllAndBelow(t *testing.T) {
	table := newTable([]Entry{
		{PID: 5, PPID: 2, Start: 3}, {PID: 1, Start: 1}, {PID: 2, PPID: 1, Start: 2},
		{PID: 6, PPID: 2, Start: 1}, // its parent's number was given away
		{PID: 7, PPID: 5, Start: 9}, {PID: 8, PPID: 1, Start: 9}, {PID: 0, PPID: 0},
	})
	if got := pidsOf(slices.Collect(table.All())); !slices.Equal(got, []int{0, 1, 2, 5, 6, 7, 8}) {
		t.Errorf("all: %v", got)
	}
	two, _ := table.Get(2)
	if got := pidsOf(table.Below(two)); !slices.Equal(got, []int{2, 5, 7}) {
		t.Errorf("below 2: %v", got)
	}
}
