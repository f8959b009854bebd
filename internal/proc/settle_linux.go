package proc

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const (
	settleApart  = 2 * time.Millisecond  // between the two looks that must agree
	settleLonger = 50 * time.Millisecond // the longest time between two looks
)

// WaitSettled waits until a program that was just started has come to rest: at
// two looks at least 2 ms apart every thread of it, and of its descendants in
// its session, waits for something other than a disk, and none has run in
// between. A shell that waits for a busy child has not come to rest.
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
	for began := time.Now(); ; {
		at := time.Now()
		look, err := lookAtRest(h.pid)
		switch {
		case err != nil:
			return err
		case look.quiet && look == last && at.Sub(lastAt) >= settleApart:
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

// restLook is one look at the threads of a session.
type restLook struct {
	quiet bool   // none can run or waits for a disk
	runs  uint64 // differs when one has run or come or gone
}

// lookAtRest looks at a process and its descendants in its session.
func lookAtRest(leader int) (restLook, error) {
	members, err := sessionOf(leader)
	if err != nil {
		return restLook{}, err
	}
	look, hash := restLook{quiet: true}, fnv.New64a()
	for _, pid := range members {
		err := eachThread(pid, "status", func(tid int, status []byte) error {
			state, switches, err := parseStatus(status)
			if state == 'R' || state == 'D' {
				look.quiet = false
			}
			if state == 'S' && tid != pid && ticks(pid, tid) {
				switches = 0
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
			return restLook{}, err
		}
	}
	look.runs = hash.Sum64()
	return look, nil
}

// ticks reports that a thread sleeps in nanosleep(2): not for work, which wakes a
// thread by a futex or a descriptor, but until it is time to look whether there
// is any. The name is that of a kernel function (/proc/PID/wchan in proc(5)); a
// kernel that tells no names has no such thread.
func ticks(pid, tid int) bool {
	var buf [64]byte
	path := "/proc/" + strconv.Itoa(pid) + "/task/" + strconv.Itoa(tid) + "/wchan"
	name, err := readInto(unix.AT_FDCWD, path, buf[:])
	return err == nil && string(name) == "hrtimer_nanosleep"
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
