package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// roleEnv has the test binary play a process of TestInit.
const roleEnv = "FOREVER_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleEnv) {
	case "program":
		os.Exit(initOrProgram())
	case "parent":
		os.Exit(parentOfAnOrphan())
	case "orphan":
		// Its end is that of our standard input.
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	case "listener":
		os.Exit(listenUntilTold())
	}
	os.Exit(m.Run())
}

// initOrProgram is PID 1 first, and what it starts afterwards.
func initOrProgram() int {
	code, err := asInit()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	if code >= 0 {
		return code
	}
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	if err := seeAnOrphanReaped(); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("ready")
	<-term
	return 7
}

// seeAnOrphanReaped makes a grandchild whose parent is gone, lets it end, and
// returns when its PID is free. Meanwhile os/exec gets the exit of its child.
func seeAnOrphanReaped() error {
	in, hold, err := os.Pipe()
	if err != nil {
		return err
	}
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), roleEnv+"=parent")
	parent.Stdin = in
	out, err := parent.Output() // fails if somebody else takes the exit
	if err != nil {
		return fmt.Errorf("the parent of the orphan: %w", err)
	}
	orphan, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		return err
	}
	if err := syscall.Kill(orphan, 0); err != nil {
		return fmt.Errorf("the orphan: %w", err)
	}
	in.Close()
	hold.Close()
	for !errors.Is(syscall.Kill(orphan, 0), unix.ESRCH) {
		runtime.Gosched()
	}
	return nil
}

func parentOfAnOrphan() int {
	orphan := exec.Command(os.Args[0])
	orphan.Env = append(os.Environ(), roleEnv+"=orphan")
	orphan.Stdin = os.Stdin
	if err := orphan.Start(); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(orphan.Process.Pid)
	return 0
}

// PID 1 reaps orphans, steals no exit from os/exec, passes signals on, and
// ends with the exit code of what it runs.
func TestInit(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleEnv+"=program")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWPID | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("SKIPPED: needs namespaces of users and processes: %v", err)
	}
	deadline := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer deadline.Stop()
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "ready\n" {
		t.Errorf("it said %q, %v", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 7 {
		t.Errorf("it ended with %v, want code 7", err)
	}
}
