package units

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"forever/pidfile"
)

// Machine is where hooks are installed. The zero value is this machine.
type Machine struct {
	// Prefix is a folder that stands for /. Nothing outside it is touched.
	Prefix string
	// Run runs a command and returns its stdout; nil: really. An error that is
	// exec.ErrNotFound says that there is no such command.
	Run func(ctx context.Context, argv []string, stdin string) (string, error)
}

// ErrNoInit says that no init system was recognised.
var ErrNoInit = errors.New("no init system was recognised")

// Detect finds the init system of this machine, whose platform is goos.
func (m Machine) Detect(goos string) (string, error) {
	found := func(paths ...string) bool {
		for _, path := range paths {
			if _, err := os.Stat(filepath.Join(m.Prefix, path)); err == nil {
				return true
			}
		}
		return false
	}
	switch {
	case goos == "windows":
		return "", fmt.Errorf("%w: on Windows a task of the Task Scheduler can run forever resurrect", ErrNoInit)
	case goos == "darwin":
		return Launchd, nil
	case found("/run/systemd/system"):
		return Systemd, nil
	case found("/run/openrc", "/sbin/openrc-run"):
		return OpenRC, nil
	case found("/usr/bin/crontab", "/bin/crontab", "/usr/local/bin/crontab"):
		return Cron, nil
	}
	return "", ErrNoInit
}

// Install writes the hook and switches it on; step hears of everything before
// it is done. A hook that is there is replaced.
func (m Machine) Install(ctx context.Context, h Hook, step func(string)) error {
	if h.Kind == Cron {
		return m.edit(ctx, step, "add to", func(table string) string { return withLine(table, h) })
	}
	path := filepath.Join(m.Prefix, h.File)
	step("write " + path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make the folder of the hook: %w", err)
	}
	if err := pidfile.WriteAtomic(path, []byte(h.Text), h.Mode); err != nil {
		return fmt.Errorf("write the hook: %w", err)
	}
	return m.all(ctx, h.On, step)
}

// Installed tells whether the hook's file is there; of cron's line it knows
// nothing, and says yes.
func (m Machine) Installed(h Hook) bool {
	if h.File == "" {
		return true
	}
	_, err := os.Lstat(filepath.Join(m.Prefix, h.File))
	return !errors.Is(err, fs.ErrNotExist)
}

// Remove switches the hook off and removes it. No program is stopped.
func (m Machine) Remove(ctx context.Context, h Hook, step func(string)) error {
	if h.Kind == Cron {
		return m.edit(ctx, step, "remove from", func(table string) string { return withoutLine(table, h.Name) })
	}
	off := m.all(ctx, h.Off, step) // the file goes in any case
	path := filepath.Join(m.Prefix, h.File)
	step("remove " + path)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(off, fmt.Errorf("remove the hook: %w", err))
	}
	return errors.Join(off, m.all(ctx, h.After, step))
}

// edit replaces the caller's crontab.
func (m Machine) edit(ctx context.Context, step func(string), doing string, change func(string) string) error {
	table, err := m.run(ctx, []string{"crontab", "-l"}, "")
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && strings.Contains(strings.ToLower(string(exit.Stderr)), "no crontab"):
		table = "" // there is none yet
	case err != nil:
		return err
	}
	step(doing + " the crontab: crontab -")
	_, err = m.run(ctx, []string{"crontab", "-"}, change(table))
	return err
}

// all runs commands one after the other, up to the first that fails.
func (m Machine) all(ctx context.Context, commands [][]string, step func(string)) error {
	for _, argv := range commands {
		step("run " + strings.Join(argv, " "))
		if _, err := m.run(ctx, argv, ""); err != nil {
			return err
		}
	}
	return nil
}

func (m Machine) run(ctx context.Context, argv []string, stdin string) (string, error) {
	run := m.Run
	if run == nil {
		run = execute
	}
	out, err := run(ctx, argv, stdin)
	if err != nil {
		return "", fmt.Errorf("run %s: %w", strings.Join(argv, " "), told(err))
	}
	return out, nil
}

func execute(ctx context.Context, argv []string, stdin string) (string, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.Output()
	return string(out), err
}

// told is an error in the words of the command that failed.
func told(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	if text := bytes.TrimSpace(exit.Stderr); len(text) > 0 {
		return &saidError{string(text), err}
	}
	return err
}

// saidError is what a command said when it failed.
type saidError struct {
	text string
	err  error
}

func (e *saidError) Error() string { return e.text }
func (e *saidError) Unwrap() error { return e.err }
