package main

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// works are what a program does that is made of system calls. Each is prepared, in a
// folder of its own, and returns what is done again and again.
var works = map[string]func(dir string) (func() error, error){
	"read": readBytes, "open": openFiles, "dd": copyBlocks,
	"page": changePages, "tree": walkTree, "archive": archiveTree, "answer": answerRequests,
}

// used is the processor time of this process in nanoseconds.
func used() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return t.Nano()
}

// calls does the work args[1] args[2] times whenever somebody opens the FIFO
// args[3] for writing, and says how many nanoseconds of the processor that took.
func calls(args []string) error {
	prepare, ok := works[args[1]]
	n, err := strconv.Atoi(args[2])
	if err != nil || !ok {
		return fmt.Errorf("do %q %s times: what is that?", args[1], args[2])
	}
	work, err := prepare(args[3] + ".d")
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
		began := used()
		for range n {
			if err := work(); err != nil {
				return err
			}
		}
		if err := report(args[0], strconv.FormatInt(used()-began, 10)); err != nil {
			return err
		}
	}
}
