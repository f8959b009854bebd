package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// drip prints args[1] lines of 100 bytes, one write each: ten of them every
// 10 ms, by the clock, so that it is 1000 in a second whoever reads. It says
// when it begins, which is when somebody opens the FIFO args[0].go for writing,
// and when it ends, and stays.
func drip(args []string) error {
	lines, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	if err := begin(args[0]); err != nil {
		return err
	}
	line := newLine()
	start := time.Now()
	for n := range lines {
		if n%10 == 0 {
			time.Sleep(time.Until(start.Add(time.Duration(n) * time.Millisecond)))
		}
		copy(line, fmt.Appendf(nil, "%010d ", n))
		if _, err := os.Stdout.Write(line); err != nil {
			return err
		}
	}
	if err := report(args[0], "end"); err != nil {
		return err
	}
	return rest()
}
