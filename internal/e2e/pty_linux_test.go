package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// terminal is the master side of a pseudo-terminal.
type terminal struct {
	master *os.File
	cmd    *exec.Cmd
}

// openTerminal runs a command in a session of its own whose terminal is ours.
func openTerminal(ts *testscript.TestScript, columns uint16, args []string) (*terminal, error) {
	path, err := find(ts, args[0])
	if err != nil {
		return nil, err
	}
	master, slave, err := openPty(columns)
	if err != nil {
		return nil, fmt.Errorf("open a terminal: %w", err)
	}
	defer slave.Close()
	cmd := exec.Command(path, args[1:]...)
	cmd.Args[0] = args[0]
	cmd.Dir, cmd.Env = ts.MkAbs("."), environment(ts)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		master.Close()
		return nil, err
	}
	return &terminal{master, cmd}, nil
}

// openPty opens both sides. The master can be polled, so that it has deadlines.
func openPty(columns uint16) (master, slave *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	master = os.NewFile(uintptr(fd), "/dev/ptmx")
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	err = errors.Join(err,
		unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0),
		unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: columns}))
	if err == nil {
		slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		master.Close()
		return nil, nil, err
	}
	return master, slave, nil
}

// onTerminal shows what a command writes to a terminal. It returns when nothing
// holds the terminal any more: a program that was started keeps none of it.
func onTerminal(ts *testscript.TestScript, args []string) error {
	columns, err := strconv.ParseUint(args[0], 10, 16)
	if err != nil {
		return err
	}
	t, err := openTerminal(ts, uint16(columns), args[1:])
	if err != nil {
		return err
	}
	defer t.master.Close()
	text, err := t.read(nil)
	waited := t.cmd.Wait()
	fmt.Fprintf(ts.Stdout(), "%s", bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	return errors.Join(err, waited)
}

// hangup takes the terminal of a command away when it has shown a line.
func hangup(ts *testscript.TestScript, args []string) error {
	line, err := regexp.Compile("(?m)" + args[0])
	if err != nil {
		return err
	}
	t, err := openTerminal(ts, 80, args[1:])
	if err != nil {
		return err
	}
	text, err := t.read(line)
	ts.Logf("[terminal]\n%s", text)
	t.master.Close()
	_ = t.cmd.Wait() // it dies of the hangup, or does not
	return err
}

// keys types something at a command when it has shown a line, and waits for
// its end. "^C" and "^M" are what those keys send.
func keys(ts *testscript.TestScript, args []string) error {
	want, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	line, err := regexp.Compile("(?m)" + args[1])
	if err != nil {
		return err
	}
	t, err := openTerminal(ts, 80, args[3:])
	if err != nil {
		return err
	}
	defer t.master.Close()
	before, err := t.read(line)
	if err == nil {
		_, err = t.master.WriteString(keyNames.Replace(args[2]))
	}
	after, end := t.read(nil)
	text := append(before, after...)
	fmt.Fprintf(ts.Stdout(), "%s", bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	return errors.Join(err, end, exitedWith(t.cmd.Wait(), want))
}

// read reads until a line has come, or with nil until the terminal is free.
func (t *terminal) read(until *regexp.Regexp) ([]byte, error) {
	if err := t.master.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	var text []byte
	for {
		var chunk [4096]byte
		n, err := t.master.Read(chunk[:])
		text = append(text, chunk[:n]...)
		switch {
		case until != nil && until.Match(text):
			return text, nil
		case errors.Is(err, unix.EIO), errors.Is(err, io.EOF): // the last holder has closed it
			if until != nil {
				return text, fmt.Errorf("%s did not come", until)
			}
			return text, nil
		case err != nil:
			_ = t.cmd.Process.Kill()
			return text, err
		}
	}
}
