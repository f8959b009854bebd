package shim

import (
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/wire"
)

// A standing order puts the next process in the place of one that ends, once.
func TestStandingOrder(t *testing.T) {
	s, peer := testShim(t)
	sl := s.opened(t, "u:0")
	pid := s.started(t, "u:0", "stay")
	s.stand("u:0", pid, &wire.Order{Note: []byte(`{"runs":2}`)})
	if err := s.signal("u:0", int(syscall.SIGKILL), false); err != nil {
		t.Fatal(err)
	}
	e := s.reaped(t, peer, 1)[0]
	if e.PID != pid || e.Next == nil || e.Next.PID != sl.pid || e.Next.Start != sl.start || sl.pid == 0 || sl.pid == pid {
		t.Fatalf("told %+v, next %+v; in the slot is %d", e, e.Next, sl.pid)
	}
	if string(sl.note) != `{"runs":2}` {
		t.Errorf("note: %s", sl.note)
	}
	if m, _ := sl.describe(); m.PID != sl.pid || len(m.Exits) != 1 || m.Exits[0].Next != nil {
		t.Errorf("the inventory tells %+v", m)
	}
	if err := s.signal("u:0", int(syscall.SIGKILL), false); err != nil {
		t.Fatal(err)
	}
	if e := s.reaped(t, peer, 1)[0]; e.Next != nil || sl.pid != 0 {
		t.Errorf("an order was followed twice: %+v", e)
	}
}

// An order that is withdrawn, or was for another process, is not followed.
func TestOrderThatDoesNotCount(t *testing.T) {
	s, peer := testShim(t)
	sl := s.opened(t, "u:0")
	for name, stand := range map[string]func(pid int){
		"withdrawn": func(pid int) {
			s.stand("u:0", pid, &wire.Order{})
			s.stand("u:0", 0, nil)
		},
		"of another process": func(pid int) { s.stand("u:0", pid+1, &wire.Order{}) },
		"of a long run":      func(pid int) { s.stand("u:0", pid, &wire.Order{MinUptimeMS: 3_600_000}) },
		"of a run without a beginning": func(pid int) {
			s.stand("u:0", pid, &wire.Order{})
			s.byPID[pid].at = time.Time{} // nobody knows how long it ran
		},
	} {
		stand(s.started(t, "u:0", "stay"))
		if err := s.signal("u:0", int(syscall.SIGKILL), false); err != nil {
			t.Fatal(err)
		}
		if e := s.reaped(t, peer, 1)[0]; e.Next != nil || sl.pid != 0 {
			t.Errorf("%s: followed: %+v", name, e)
		}
	}
}

// Something of the process is left: the supervisor has to clear it away first.
func TestOrderWaitsForTheTree(t *testing.T) {
	s, peer := testShim(t)
	sl := s.opened(t, "u:0")
	pid := s.started(t, "u:0", "member")
	s.stand("u:0", pid, &wire.Order{Always: true})
	member := sl.says(t)
	e := s.reaped(t, peer, 1)[0]
	if e.Next != nil || e.Alone || sl.pid != 0 {
		t.Errorf("told %+v", e)
	}
	left, err := strconv.Atoi(member)
	if err != nil {
		t.Fatal(err)
	}
	end(t, left)
}

// A program that cannot be executed any more is the supervisor's to try again.
func TestOrderThatCannotBeFollowed(t *testing.T) {
	s, peer := testShim(t)
	sl := s.opened(t, "u:0")
	pid := s.started(t, "u:0", "stay")
	sl.plan.File = "/no/such/file"
	s.stand("u:0", pid, &wire.Order{})
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if e := s.reaped(t, peer, 1)[0]; e.Next != nil || sl.pid != 0 {
		t.Errorf("told %+v", e)
	}
}

func TestOrderIsFor(t *testing.T) {
	began := time.Now()
	exit := func(status, ms int) *wire.ShimExit {
		return &wire.ShimExit{Began: began, At: began.Add(time.Duration(ms) * time.Millisecond), Status: uint32(status)}
	}
	failure, always := wire.Order{MinUptimeMS: 1000, SuccessCodes: []int{3}}, wire.Order{MinUptimeMS: 1000, Always: true}
	for _, c := range []struct {
		order wire.Order
		exit  *wire.ShimExit
		want  bool
	}{
		{failure, exit(9, 1000), true},
		{failure, exit(9, 999), false},
		{failure, exit(1<<8, 1000), true},
		{failure, exit(3<<8, 1000), false},
		{failure, exit(0, 1000), false},
		{always, exit(0, 1000), true},
		{always, exit(0, 999), false},
	} {
		if got := isFor(&c.order, c.exit); got != c.want {
			t.Errorf("%+v for %+v: %v", c.order, c.exit, got)
		}
	}
}
