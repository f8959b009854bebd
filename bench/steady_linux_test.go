package main

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

func TestTimetableKeepsItsRate(t *testing.T) {
	due := timetable(1000, 100*time.Second, 1)
	if n := len(due); n < 98_000 || n > 102_000 {
		t.Errorf("%d requests in 100 s, want 1000 in each", n)
	}
	if !slices.IsSorted(due) || due[len(due)-1] >= 100*time.Second {
		t.Error("they are not in order, or too late")
	}
	if !slices.Equal(due, timetable(1000, 100*time.Second, 1)) || slices.Equal(due, timetable(1000, 100*time.Second, 2)) {
		t.Error("a seed has not its own timetable")
	}
}

// Nobody is answered before all have asked: a client that waits for answers would
// not come to an end.
func TestSteadyWaitsForNobody(t *testing.T) {
	due := timetable(1000, 100*time.Millisecond, 1)
	var came atomic.Int64
	all := make(chan struct{})
	port := serveTest(t, func(w http.ResponseWriter, r *http.Request) {
		if came.Add(1) == int64(len(due)) {
			close(all)
		}
		<-all
		hello(w)
	})
	took, err := goSteady(port, due, time.Minute)
	if err != nil || len(took) != len(due) {
		t.Fatalf("%d of %d were answered, %v", len(took), len(due), err)
	}
	if first := slices.Max(took); first < ms(due[len(due)-1]-due[0]) {
		t.Errorf("the first took %v ms: not counted from when it was due", first)
	}
}

func TestSteadyCountsWhatIsAnsweredWell(t *testing.T) {
	due := timetable(1000, 100*time.Millisecond, 1)
	var came, good atomic.Int64
	port := serveTest(t, func(w http.ResponseWriter, r *http.Request) {
		switch came.Add(1) % 4 {
		case 0:
			panic(http.ErrAbortHandler)
		case 1:
			w.WriteHeader(http.StatusBadGateway)
		default:
			good.Add(1)
		}
		hello(w)
	})
	took, err := goSteady(port, due, time.Minute)
	if err != nil || int64(len(took)) != good.Load() || int(came.Load()) != len(due) {
		t.Errorf("%d were answered well, %d came, %v; want %d and %d", len(took), came.Load(), err, good.Load(), len(due))
	}
}

func TestSteadyGivesUp(t *testing.T) {
	never := make(chan struct{})
	port := serveTest(t, func(http.ResponseWriter, *http.Request) { <-never })
	t.Cleanup(func() { close(never) }) // before the server is closed, which waits
	took, err := goSteady(port, []time.Duration{0, time.Millisecond}, 10*time.Millisecond)
	if err != nil || len(took) != 0 {
		t.Errorf("%v, %v", took, err)
	}
}

func TestSteadyWhereNobodyListens(t *testing.T) {
	_, digits, err := net.SplitHostPort(boundPort(t))
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	took, err := goSteady(port, []time.Duration{0, time.Millisecond}, time.Minute)
	if err != nil || len(took) != 0 {
		t.Errorf("%v, %v", took, err)
	}
}
