//go:build unix

package proc

import (
	"math"
	"testing"

	"golang.org/x/sys/unix"
)

func TestResourceNames(t *testing.T) {
	for number, want := range map[int]string{unix.RLIMIT_NOFILE: "nofile", unix.RLIMIT_CORE: "core", 999: "999"} {
		if got := ResourceName(number); got != want {
			t.Errorf("limit %d is called %s, want %s", number, got, want)
		}
	}
	for value, want := range map[uint64]string{0: "0", 1024: "1024", math.MaxUint64: "unlimited"} {
		if got := LimitText(value); got != want {
			t.Errorf("%d is %s, want %s", value, got, want)
		}
	}
}
