package tidy

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"forever/internal/proc"
)

const (
	// Mark is the variable that every process of a run has in its environment.
	// What tests start with an environment of its own making has to get it.
	Mark = "TEST_RUN_OF_FOREVER"
	// waitEnv makes the test binary the process that waits.
	waitEnv = "TEST_RUN_TO_TIDY"

	patience = 30 * time.Second
	// In the middle of execve(2) a process shows no environment: nobody must be
	// seen several times.
	looks = 4
	pause = 25 * time.Millisecond
)

// Waits tells that this life of the binary is the one that waits for the end of
// another. Where TestMain does more than to call Main, it has to ask before.
func Waits() bool { return os.Getenv(waitEnv) != "" }

// Main runs tests and returns their exit code, for TestMain. It is to be called
// before anything is started: the binary is executed once more, and that life
// of it ends in Main too.
func Main(tests func() int) int {
	if Waits() {
		return wait(os.Getenv(waitEnv))
	}
	end, err := begin()
	if err != nil {
		fmt.Fprintln(os.Stderr, "prepare to tidy up behind the tests:", err)
		return 1
	}
	defer end()
	return tests()
}

// begin marks this run and starts the process that waits for its end: for that
// of the pipe that only we hold.
func begin() (end func(), err error) {
	run := rand.Text()
	if err := os.Setenv(Mark, run); err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), waitEnv+"="+run)
	cmd.Stdin, cmd.Stderr = r, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no ^C and no group's signal is for it
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, err
	}
	return func() {
		w.Close()
		_ = cmd.Wait() // it says itself what is wrong
	}, nil
}

// wait returns when the tests have ended and nothing of them is left.
func wait(run string) int {
	signal.Ignore(syscall.SIGPIPE) // whoever reads our stderr may have been killed with the tests
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for quiet := 0; quiet < looks; quiet++ {
		table, err := proc.Snapshot()
		if err != nil {
			fmt.Fprintln(os.Stderr, "tidy up behind the tests:", err)
			return 1
		}
		left := proc.Marked(table, []string{Mark + "=" + run})
		if len(left) == 0 {
			<-time.After(pause)
			continue
		}
		quiet = -1
		if err := end(ctx, left); err != nil {
			fmt.Fprintln(os.Stderr, "tidy up behind the tests:", err)
			return 1
		}
	}
	return 0
}

// end kills processes and waits for their ends.
func end(ctx context.Context, left []proc.MarkedProcess) error {
	var entries []proc.Entry
	for _, p := range left {
		fmt.Fprintln(os.Stderr, "left behind by the tests, and killed:", p.Entry)
		entries = append(entries, p.Entry)
	}
	if err := proc.SignalAll(entries, syscall.SIGKILL); err != nil {
		return err
	}
	return proc.WaitGone(ctx, entries)
}
