package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// works are what a program does that is heavy on system calls. Each is prepared, in a
// folder of its own, and returns what is done again and again.
var works = map[string]func(dir string) (func() error, error){
	"read": readBytes, "open": openFiles, "page": changePages, "answer": answerRequests,
}

// once does the work args[0] args[1] times in the folder args[2], and prints how many
// nanoseconds of the processor that took.
func once(args []string) error {
	work, n, err := parseWork(args)
	if err != nil {
		return err
	}
	began := used()
	for range n {
		if err := work(); err != nil {
			return err
		}
	}
	_, err = fmt.Println(used() - began)
	return err
}

func parseWork(args []string) (work func() error, n int, err error) {
	prepare, ok := works[args[0]]
	if !ok {
		return nil, 0, fmt.Errorf("no work %q", args[0])
	}
	if n, err = strconv.Atoi(args[1]); err != nil {
		return nil, 0, fmt.Errorf("how often: %w", err)
	}
	if work, err = prepare(args[2]); err != nil {
		return nil, 0, fmt.Errorf("prepare %q: %w", args[0], err)
	}
	return work, n, nil
}

// used is the processor time of this process in nanoseconds.
func used() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return t.Nano()
}

// calls has another program do the errand args[1], args[2] times if that is a work of
// ours, in the folder args[4], whenever somebody opens the FIFO args[3] for writing,
// and says how many nanoseconds of the processor that took.
func calls(args []string) error {
	if err := pin(); err != nil {
		return err
	}
	errand, err := prepareErrand(args[1], args[2], args[4])
	if err != nil {
		return fmt.Errorf("prepare %q: %w", args[1], err)
	}
	if err := report(args[0], "up"); err != nil {
		return err
	}
	for {
		if err := passGate(args[3]); err != nil {
			return err
		}
		ns, err := errand()
		if err != nil {
			return err
		}
		if err := report(args[0], strconv.FormatInt(ns, 10)); err != nil {
			return err
		}
	}
}

// pin has this process, and what it starts, run on one processor, the last that it
// may use: who moves finds its caches cold.
func pin() error {
	var may, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		return fmt.Errorf("which processors may be used: %w", err)
	}
	last := 0
	for cpu, left := 0, may.Count(); left > 0; cpu++ {
		if may.IsSet(cpu) {
			last = cpu
			left--
		}
	}
	one.Set(last)
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, thread := range threads { // what they start stays there as well
		tid, err := strconv.Atoi(thread.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(tid, &one); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("stay on one processor: %w", err)
		}
	}
	return nil
}
