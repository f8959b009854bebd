package proc

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	settleApart  = 2 * time.Millisecond  // between the two looks that must agree
	settleLonger = 50 * time.Millisecond // the longest time between two looks
	settleTicks  = 4                     // as often a thread sleeps from one look to the next that ticks
)

// WaitSettled waits until a program that was just started has come to rest: at
// two looks at least 2 ms apart every thread of it, and of its descendants in
// its session, waits for something other than a disk, and none has run in
// between. A shell that waits for a busy child has not come to rest. Where the process
// had to wait longer than that for a processor, the looks are as far apart as it waited.
//
// The error wraps os.ErrProcessDone when the process has ended, also as a
// zombie, or the PID belongs to another; it is ctx's error when patience ends
// first. The next look comes after a quarter of the time so far, which is 1 to 50
// ms, so only wait with it while a person waits too.
func WaitSettled(ctx context.Context, pid int, start uint64) error {
	h, err := Open(pid, start)
	if err != nil {
		return fmt.Errorf("see process %d settle: %w", pid, err)
	}
	defer h.Close()
	if err := settle(ctx, h); err != nil {
		return fmt.Errorf("see process %d settle: %w", pid, err)
	}
	return nil
}

func settle(ctx context.Context, h *Handle) error {
	var last restLook
	var lastAt time.Time
	var tickers []ticker
	for began := time.Now(); ; {
		at := time.Now()
		look, ticking, err := lookAtRest(h.pid, tickers)
		tickers = ticking
		switch {
		case err != nil:
			return err
		case look.quiet && look == last && at.Sub(lastAt) >= max(settleApart, queued(h.pid)):
			return nil
		case look != last:
			last, lastAt = look, at
		}
		gap := min(max(at.Sub(began)/4, time.Millisecond), settleLonger)
		if look.quiet {
			gap = max(settleApart, gap/4)
		}
		if err := h.endsWithin(ctx, gap); err != nil {
			return err
		}
	}
}

// endsWithin lets the time pass and returns nil, or os.ErrProcessDone as soon
// as the process ends, or ctx's error.
func (h *Handle) endsWithin(ctx context.Context, d time.Duration) error {
	short, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	err := h.Wait(short)
	switch {
	case err == nil:
		return os.ErrProcessDone
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil
	default:
		return err
	}
}

// queued is how long the first thread of a process has waited for a processor since it
// exists (proc(5) does not tell of /proc/PID/schedstat; sched-stats.rst of the kernel
// does): where others have the processors, all that it waits for takes longer, too.
func queued(pid int) time.Duration {
	var buf [64]byte
	text, err := readInto(unix.AT_FDCWD, "/proc/"+strconv.Itoa(pid)+"/schedstat", buf[:])
	if err != nil {
		return 0
	}
	return parseQueued(text)
}

// parseQueued takes the second of three numbers; a kernel that does not count has 0.
func parseQueued(schedstat []byte) time.Duration {
	fields := bytes.Fields(schedstat)
	if len(fields) < 2 {
		return 0
	}
	n, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(n)
}

// restLook is one look at the threads of a session.
type restLook struct {
	quiet bool   // none can run or waits for a disk
	runs  uint64 // differs when one has run or come or gone
}

// ticker is a thread that was found in a short sleep, and how often it had stopped
// running by then.
type ticker struct {
	tid      int
	switches uint64
}

// lookAtRest looks at a process and its descendants in its session. ticking are
// the threads that tick; one that did at the look before, too, may be met as it runs.
func lookAtRest(leader int, before []ticker) (look restLook, ticking []ticker, err error) {
	members, err := sessionOf(leader)
	if err != nil {
		return restLook{}, nil, err
	}
	look.quiet = true
	hash := fnv.New64a()
	for _, pid := range members {
		nth := 0
		err := eachThread(pid, "status", func(tid int, status []byte) error {
			state, switches, err := parseStatus(status)
			nth++
			switch stateOf(pid, tid, nth == monitorsPlace, state, switches, before) {
			case busy:
				look.quiet = false
			case ticks:
				ticking, switches = append(ticking, ticker{tid, switches}), 0
			}
			var id [16]byte
			binary.NativeEndian.PutUint64(id[:], uint64(tid))
			binary.NativeEndian.PutUint64(id[8:], switches)
			hash.Write(id[:])
			return err
		})
		if errors.Is(err, os.ErrProcessDone) {
			look.quiet = false // it has just ended: something happens
		} else if err != nil {
			return restLook{}, nil, err
		}
	}
	look.runs = hash.Sum64()
	return look, ticking, nil
}

// What a thread does.
type doing uint8

const (
	rests doing = iota // waits for work
	ticks              // does not wait for work, but until it is time to look whether there is any
	busy
)

// monitorsPlace is which of its threads the monitor of a Go program is: it is begun
// before all others (runtime.main), and never does the program's work.
const monitorsPlace = 2

// stateOf judges one thread by its state.
func stateOf(pid, tid int, monitor bool, state byte, switches uint64, before []ticker) doing {
	switch state {
	case 'S':
		return asleepIn(waitsIn(pid, tid), tid == pid)
	case 'R':
		// The monitor sleeps for 20 µs each time while the program begins, and is often
		// met in between. Others sleep for a moment, too, and go on with their work.
		if monitor && slices.ContainsFunc(before, func(t ticker) bool { return t.tid == tid && switches >= t.switches+settleTicks }) {
			return ticks
		}
		return busy
	case 'D':
		return busy
	}
	return rests
}

// asleepIn judges a thread by the function of the kernel that it sleeps in. The first of
// a process is not taken for one that ticks: a program that sleeps before it begins has
// not come to rest. Nor has one that waits for an answer of ours, to its bind(2).
func asleepIn(function string, first bool) doing {
	switch {
	case strings.HasPrefix(function, "seccomp_do_user_notification"):
		return busy
	case function == "hrtimer_nanosleep" && !first:
		return ticks
	}
	return rests
}

// waitsIn is the kernel's function in which a thread sleeps (/proc/PID/wchan in
// proc(5)): hrtimer_nanosleep for nanosleep(2). Some kernels tell none.
func waitsIn(pid, tid int) string {
	var buf [64]byte
	name, err := readInto(unix.AT_FDCWD, "/proc/"+strconv.Itoa(pid)+"/task/"+strconv.Itoa(tid)+"/wchan", buf[:])
	if err != nil {
		return ""
	}
	return string(name)
}

// parseStatus takes the state and the number of context switches from
// /proc/PID/task/TID/status (proc_pid_status(5)). A thread whose number has not
// changed from one sleep to the next has not run in between.
func parseStatus(status []byte) (state byte, switches uint64, err error) {
	for _, key := range []string{"\nvoluntary_ctxt_switches:\t", "\nnonvoluntary_ctxt_switches:\t"} {
		n, err := strconv.ParseUint(string(statusField(status, key)), 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("%q in /proc/PID/status: %w", key, err)
		}
		switches += n
	}
	field := statusField(status, "\nState:\t")
	if len(field) == 0 {
		return 0, 0, errors.New("no state in /proc/PID/status")
	}
	return field[0], switches, nil
}

// statusField is the rest of the line that begins with key; keys have the line
// break before them.
func statusField(status []byte, key string) []byte {
	_, rest, _ := bytes.Cut(status, []byte(key))
	value, _, _ := bytes.Cut(rest, []byte{'\n'})
	return value
}
