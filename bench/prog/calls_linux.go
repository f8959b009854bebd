package main

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// works are what a program does that does nothing but system calls.
var works = map[string]func(zero int, buf []byte) error{
	"read": readByte,
	"open": openFile,
}

// readByte is the cheapest call there is that does something.
func readByte(zero int, buf []byte) error {
	_, err := unix.Read(zero, buf[:1])
	return err
}

// openFile is what a compiler or a backup does all day.
func openFile(_ int, buf []byte) error {
	fd, err := unix.Open("/proc/self/exe", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if _, err := unix.Read(fd, buf); err != nil {
		return err
	}
	return unix.Close(fd)
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
	work, ok := works[args[1]]
	n, err := strconv.Atoi(args[2])
	if err != nil || !ok {
		return fmt.Errorf("do %q %s times: what is that?", args[1], args[2])
	}
	zero, err := unix.Open("/dev/zero", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := report(args[0], "up"); err != nil {
		return err
	}
	buf := make([]byte, 4096)
	for {
		if err := passGate(args[3]); err != nil {
			return err
		}
		began := used()
		for range n {
			if err := work(zero, buf); err != nil {
				return err
			}
		}
		if err := report(args[0], strconv.FormatInt(used()-began, 10)); err != nil {
			return err
		}
	}
}
