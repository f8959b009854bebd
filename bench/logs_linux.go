package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

var logsSection = section{
	name: "logs", title: "a program that prints numbered lines of 100 bytes as fast as they are taken",
	notes: []string{
		"From the program's first write until all bytes are in the log. CPU is that of the supervisor and its log programs.",
		"Each line is numbered; lines that are not in the log, or not whole, are missing.",
		"limit is a pipe and splice(2) into a file, and in the row below the program writing to the file itself.",
	},
	run: measureLogs,
}

// Rows of this section.
var (
	rateRow    = Row{Key: "rate", Label: "throughput", Unit: "MB/s", Higher: true}
	logCPURow  = Row{Key: "cpu", Label: "CPU", Unit: "s per GB"}
	missingRow = Row{Key: "missing", Label: "lines missing"}
	directRow  = Row{Key: "direct", Label: "without a pipe", Unit: "MB/s", Higher: true}
)

func measureLogs(l *lab, s *Section) error {
	lines := pick(l, 256_000_000, 64_000_000) / 100
	return l.repeat(pick(l, 3, 1), 75*time.Second, func(int) error {
		if err := l.alone(s, Limit, func(one *session) error { return logsLimit(s, one, lines) }); err != nil {
			return err
		}
		return l.each(s, func(k *kind, one *session, p peer) error { return logsOf(s, k, one, p, lines) })
	})
}

func logsOf(s *Section, k *kind, one *session, p peer, lines int) error {
	if err := makeGate(one.post.path); err != nil {
		return err
	}
	if _, _, err := one.begin(p, []job{one.job("flood", "flood", strconv.Itoa(lines))}); err != nil {
		return err
	}
	if err := one.pause(1500 * time.Millisecond); err != nil {
		return err
	}
	pids, err := one.supervisors()
	if err != nil {
		return err
	}
	before := active(pids)
	if err := openGate(one.post.path); err != nil {
		return err
	}
	first, err := one.post.next(10 * time.Second)
	if err != nil {
		return err
	}
	done, err := one.filled(p.logs("flood"), int64(lines)*100)
	if err != nil {
		return err
	}
	gb := float64(lines) * 100 / 1e9
	s.add(rateRow, k.Name, gb*1e3/(done-first.at).Seconds())
	s.add(logCPURow, k.Name, active(pids).since(before).cpu.Seconds()/gb)
	missing, err := missingLines(p.logs("flood"), lines)
	s.add(missingRow, k.Name, float64(missing))
	return err
}

// The program waits at a gate, a second FIFO beside its own.
func makeGate(post string) error { return unix.Mkfifo(post+".go", 0o600) }

func openGate(post string) error {
	f, err := os.OpenFile(post+".go", os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// filled waits until the log has so many bytes, or nothing has come for 3 s.
func (s *session) filled(patterns []string, want int64) (time.Duration, error) {
	var have int64
	for grown := now(); ; {
		size, err := sizeOf(patterns)
		if size > have {
			have, grown = size, now()
		}
		if have >= want || now()-grown > 3*time.Second {
			return grown, nil
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) { // a rotation takes files away
			return 0, err
		}
		if err := s.pause(3 * time.Millisecond); err != nil {
			return 0, err
		}
	}
}

// missingLines counts the numbers below lines that no whole line has.
func missingLines(patterns []string, lines int) (int, error) {
	seen, found := make([]bool, lines), 0
	err := eachLine(patterns, func(line []byte) {
		if len(line) != 99 {
			return
		}
		n, err := strconv.Atoi(string(line[:10]))
		if err == nil && n < lines && !seen[n] {
			seen[n] = true
			found++
		}
	})
	return lines - found, err
}

// eachLine reads all files that match, in any order.
func eachLine(patterns []string, use func(line []byte)) error {
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		for _, path := range paths {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			lines := bufio.NewScanner(f)
			for lines.Scan() {
				use(lines.Bytes())
			}
			if err := errors.Join(lines.Err(), f.Close()); err != nil {
				return err
			}
		}
	}
	return nil
}

// logsLimit measures a bare splice, and a plain redirect.
func logsLimit(s *Section, one *session, lines int) error {
	if err := makeGate(one.post.path); err != nil {
		return err
	}
	spliced := filepath.Join(one.dir, "spliced")
	copier := one.command(one.ctx, []string{one.program("splice"), spliced})
	rate, err := one.pipe(copier, lines)
	if err != nil {
		return err
	}
	s.add(rateRow, Limit, rate)
	gb := float64(lines) * 100 / 1e9
	cpu := copier.ProcessState.SystemTime() + copier.ProcessState.UserTime()
	s.add(logCPURow, Limit, cpu.Seconds()/gb)
	missing, err := missingLines([]string{spliced}, lines)
	if err != nil {
		return err
	}
	s.add(missingRow, Limit, float64(missing))
	rate, err = one.redirect(filepath.Join(one.dir, "direct"), lines)
	s.add(directRow, Limit, rate)
	return err
}

// pipe lets the program print into a copier, and returns the MB per s.
func (s *session) pipe(copier *exec.Cmd, lines int) (float64, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	copier.Stdin = out
	if err := errors.Join(copier.Start(), out.Close()); err != nil {
		return 0, errors.Join(err, in.Close())
	}
	took, err := s.pour(in, lines)
	return float64(lines) / 1e4 / took.Seconds(), errors.Join(err, copier.Wait())
}

// redirect lets the program print into a file.
func (s *session) redirect(path string, lines int) (float64, error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	took, err := s.pour(f, lines)
	return float64(lines) / 1e4 / took.Seconds(), err
}

// pour runs bench-flood with a stdout, which it closes, from its first write to
// its last.
func (s *session) pour(stdout *os.File, lines int) (time.Duration, error) {
	cmd := s.command(s.ctx, []string{s.program("flood"), s.post.path, strconv.Itoa(lines)})
	cmd.Stdout = stdout
	if err := errors.Join(cmd.Start(), stdout.Close()); err != nil {
		return 0, err
	}
	defer func() { _ = cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }() // it would stay
	if _, err := s.post.next(10 * time.Second); err != nil {
		return 0, err
	}
	if err := openGate(s.post.path); err != nil {
		return 0, err
	}
	ends, err := s.post.wait(2, time.Minute)
	if err != nil {
		return 0, err
	}
	return ends[1].at - ends[0].at, nil
}
