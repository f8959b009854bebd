package wire

import "testing"

func TestWorst(t *testing.T) {
	for _, tt := range []struct {
		statuses []string
		want     string
	}{
		{nil, Stopped},
		{[]string{Online, Online}, Online},
		{[]string{Online, Exited}, Exited},
		{[]string{Exited, Stopped, Online}, Stopped},
		{[]string{Stopped, Stopping}, Stopping}, // not stopped before all of it is
		{[]string{Stopped, Starting}, Starting},
		{[]string{Online, Backoff, Starting}, Backoff},
		{[]string{Backoff, Failed, Online}, Failed},
	} {
		if got := Worst(tt.statuses); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.statuses, got, tt.want)
		}
	}
}
