package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// now is CLOCK_MONOTONIC in nanoseconds, the same clock in every process.
func now() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return 0
	}
	return t.Nano()
}

// report writes "PID TIME WORD" to the FIFO. The time is taken first.
func report(fifo, word string) error {
	t := now()
	fd, err := unix.Open(fifo, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", fifo, err)
	}
	defer unix.Close(fd)
	_, err = unix.Write(fd, fmt.Appendf(nil, "%d %d %s\n", os.Getpid(), t, word))
	return err
}

// stay says that it runs and then does nothing.
func stay(args []string) error {
	if err := report(args[0], "up"); err != nil {
		return err
	}
	return rest()
}

// rest waits for a signal without a timer. The default action of a signal ends
// the program.
func rest() error {
	for {
		if _, err := unix.Ppoll(nil, nil, nil); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("wait: %w", err)
		}
	}
}

// crash says that it runs and fails.
func crash(args []string) error {
	if err := report(args[0], "up"); err != nil {
		return err
	}
	os.Exit(1)
	return nil
}

// tick prints a line each millisecond, "PID NUMBER", and keeps the number of
// the last line that was taken in the file FIFO.PID, for whoever counts.
func tick(args []string) error {
	count, err := counter(fmt.Sprintf("%s.%d", args[0], os.Getpid()))
	if err != nil {
		return err
	}
	if err := report(args[0], "up"); err != nil {
		return err
	}
	for n := uint64(1); ; n++ {
		if _, err := fmt.Printf("%d %d\n", os.Getpid(), n); err != nil {
			return err
		}
		*count = n
		time.Sleep(time.Millisecond)
	}
}

// counter maps a new file of one number in memory: it outlives a kill -9.
func counter(path string) (*uint64, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.Truncate(8); err != nil {
		return nil, err
	}
	m, err := unix.Mmap(int(f.Fd()), 0, 8, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", path, err)
	}
	binary.NativeEndian.PutUint64(m, 0)
	return (*uint64)(unsafe.Pointer(&m[0])), nil
}

// flood waits until somebody opens the FIFO args[0].go for writing, then prints
// args[1] lines of 100 bytes as fast as they are taken, and stays.
func flood(args []string) error {
	lines, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	if err := begin(args[0]); err != nil {
		return err
	}
	if err := pour(lines); err != nil {
		return err
	}
	if err := report(args[0], "end"); err != nil {
		return err
	}
	return rest()
}

// begin says that the program runs, waits at the gate beside the FIFO, and says
// that it begins.
func begin(fifo string) error {
	if err := report(fifo, "up"); err != nil {
		return err
	}
	if err := passGate(fifo + ".go"); err != nil {
		return err
	}
	return report(fifo, "begin")
}

// passGate waits until somebody opens the FIFO for writing.
func passGate(path string) error {
	gate, err := os.Open(path)
	if err != nil {
		return err
	}
	return gate.Close()
}

// newLine is a line of 100 bytes.
func newLine() []byte { return append(bytes.Repeat([]byte("x"), 99), '\n') }

// pour prints the lines, 655 of them (about 64 KiB) in one write.
func pour(lines int) error {
	const each = 655
	block := bytes.Repeat(newLine(), each)
	for n := 0; n < lines; {
		k := min(each, lines-n)
		for i := range k {
			copy(block[i*100:], fmt.Appendf(nil, "%010d ", n+i))
		}
		if _, err := os.Stdout.Write(block[:k*100]); err != nil {
			return err
		}
		n += k
	}
	return nil
}

// loop is the limit of a restart: run args[0] with the others as its arguments,
// and again when it has ended. A killed loop takes its program along.
func loop(args []string) error {
	attr := &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}}
	for {
		pid, err := syscall.ForkExec(args[0], args, attr)
		if err != nil {
			return err
		}
		var status syscall.WaitStatus
		for {
			if _, err = syscall.Wait4(pid, &status, 0, nil); !errors.Is(err, syscall.EINTR) {
				break
			}
		}
		if err != nil {
			return err
		}
	}
}

// splice is the limit of a log: it moves stdin into the file args[0] inside
// the kernel, until the end.
func splice(args []string) error {
	f, err := os.Create(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		n, err := unix.Splice(0, nil, int(f.Fd()), nil, 1<<20, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n == 0 {
			return err
		}
	}
}
