package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// tick is the unit of the times in /proc/PID/stat, the same on all of Linux.
const tick = 10 * time.Millisecond

// now is CLOCK_MONOTONIC, the clock of the programs' reports.
func now() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// pss is a process's share of the memory, in bytes: what it alone has, and its
// part of what several have.
func pss(pid int) (int64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "Pss:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("%s: no Pss", f.Name())
}

// totalPss adds up the processes; one that has ended counts nothing.
func totalPss(pids []int) (total int64) {
	for _, pid := range pids {
		if n, err := pss(pid); err == nil {
			total += n
		}
	}
	return total
}

// activity is what the threads of some processes have done since they began.
type activity struct {
	cpu                    time.Duration
	voluntary, involuntary int64 // context switches
}

func (a activity) since(b activity) activity {
	return activity{a.cpu - b.cpu, a.voluntary - b.voluntary, a.involuntary - b.involuntary}
}

// active reads the threads that live, to the nanosecond.
func active(pids []int) (sum activity) {
	for _, pid := range pids {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		if err != nil {
			continue
		}
		for _, task := range tasks {
			sum.cpu += time.Duration(firstNumber(filepath.Join(task, "schedstat")))
			status, err := os.ReadFile(filepath.Join(task, "status"))
			if err != nil {
				continue
			}
			sum.voluntary += statusNumber(string(status), "\nvoluntary_ctxt_switches:")
			sum.involuntary += statusNumber(string(status), "\nnonvoluntary_ctxt_switches:")
		}
	}
	return sum
}

func firstNumber(path string) int64 {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	return leadingNumber(string(data))
}

func statusNumber(status, key string) int64 {
	_, rest, _ := strings.Cut(status, key)
	return leadingNumber(rest)
}

// leadingNumber is the first word as a number, or zero.
func leadingNumber(text string) int64 {
	words := strings.Fields(text)
	if len(words) == 0 {
		return 0
	}
	n, err := strconv.ParseInt(words[0], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// consumed is the CPU time of everything that was started and has ended: of the
// children of this process and, in ticks of 10 ms, of those of its keeper. The
// commands are left out.
func (l *lab) consumed() time.Duration {
	time.Sleep(100 * time.Millisecond) // the keeper may have to reap
	var mine unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_CHILDREN, &mine); err != nil {
		return 0
	}
	total := time.Duration(mine.Utime.Nano()+mine.Stime.Nano()) - l.clients
	fields, err := statFields(os.Getppid())
	if err != nil {
		return total
	}
	return total + time.Duration(leadingNumber(fields[13])+leadingNumber(fields[14]))*tick
}

// busy is the share of the machine's time that was not idle during d.
func busy(d time.Duration) float64 {
	idle0, all0 := cpuTimes()
	time.Sleep(d)
	idle1, all1 := cpuTimes()
	if all1 == all0 {
		return 0
	}
	return 1 - float64(idle1-idle0)/float64(all1-all0)
}

// cpuTimes reads the first line of /proc/stat: idle with iowait, and all.
func cpuTimes() (idle, all int64) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0
	}
	line, _, _ := strings.Cut(string(data), "\n")
	for i, word := range strings.Fields(line) {
		n := leadingNumber(word)
		if i < 9 { // guest time is in user time already
			all += n
		}
		if i == 4 || i == 5 {
			idle += n
		}
	}
	return idle, all
}
