package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// barePart is the fixture's part of barren.
const barePart = "without-inotify"

// barren takes every inotify instance from this user namespace(7), which is new,
// and becomes the command.
func barren(command []string) error {
	if err := os.WriteFile("/proc/sys/user/max_inotify_instances", []byte("0"), 0); err != nil {
		return err
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	return syscall.Exec(path, command, os.Environ())
}

// With no inotify instance left everything goes on but the watch of files, and
// that is told to who asks for it.
func TestWithoutInotify(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/tmp", "fv")
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "root")
	t.Cleanup(func() {
		if err := killAll(root); err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	})
	run := func(command ...string) (string, error) {
		cmd := exec.Command("fixture", append([]string{barePart}, command...)...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "FOREVER_ROOT="+root, "GORACE=atexit_sleep_ms=0")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		cmd.SysProcAttr = &syscall.SysProcAttr{
			// As root of the namespace it may change the limit.
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}},
		}
		err := cmd.Run()
		return out.String(), err
	}
	if out, err := run("true"); err != nil {
		t.Skipf("SKIPPED: needs a user namespace of its own: %v %s", err, out)
	}
	forever := func(args, want string) error {
		out, err := run(append([]string{"forever"}, strings.Fields(args)...)...)
		if err != nil || !regexp.MustCompile("(?m)"+want).MatchString(out) {
			return fmt.Errorf("forever %s: %v, want %s\n%s", args, err, want, out)
		}
		return nil
	}
	const early = "describe web" // the watch is tried beside the start
	for _, step := range []struct{ args, want string }{
		{"start --name web -w fixture sleeper", `started "web"`},
		{early, `note +not watched: .*max_user_instances`},
		{"run --name fg -w fixture print printed x", `warning: app "fg": not watched: .*max_user_instances`},
		{"run --name again -w fixture print printed x", `^printed$`},
		{"logs --nostream web", `^ready$`},
		{"kill", `nothing of forever runs any more`},
	} {
		err := forever(step.args, step.want)
		for end := time.Now().Add(patience); err != nil && step.args == early && time.Now().Before(end); {
			err = forever(step.args, step.want)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
