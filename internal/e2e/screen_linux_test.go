package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// screen is a program that owns a terminal, which a script looks at and types on.
type screen struct {
	master, slave *os.File // the slave is held, so that its settings outlive the program
	before        unix.Termios
	cmd           *exec.Cmd
	done          chan error
	reading       sync.WaitGroup

	mu   sync.Mutex
	text []byte        // all that was written
	seen int           // so much of it was there before the last key
	news chan struct{} // closed when more has come
}

// openScreen runs a command on a terminal of 80x24.
func openScreen(ts *testscript.TestScript, args []string) error {
	path, err := find(ts, args[1])
	if err != nil {
		return err
	}
	s := &screen{done: make(chan error, 1), news: make(chan struct{})}
	if s.master, s.slave, err = openPty(80); err != nil {
		return fmt.Errorf("open a terminal: %w", err)
	}
	of(ts).screens[args[0]] = s
	if err := s.resize(80, 24); err != nil {
		return err
	}
	before, err := unix.IoctlGetTermios(int(s.slave.Fd()), unix.TCGETS)
	if err != nil {
		return fmt.Errorf("read the settings of a terminal: %w", err)
	}
	s.before = *before
	s.cmd = exec.Command(path, args[2:]...)
	s.cmd.Args[0] = args[1]
	s.cmd.Dir, s.cmd.Env = ts.MkAbs("."), environment(ts)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = s.slave, s.slave, s.slave
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		return err
	}
	go func() { s.done <- s.cmd.Wait() }()
	s.reading.Go(s.read)
	return nil
}

// read collects what is written until the master is closed.
func (s *screen) read() {
	for {
		var chunk [4096]byte
		n, err := s.master.Read(chunk[:])
		if err != nil {
			return
		}
		s.mu.Lock()
		s.text = append(s.text, chunk[:n]...)
		close(s.news)
		s.news = make(chan struct{})
		s.mu.Unlock()
	}
}

func (s *screen) resize(columns, rows uint16) error {
	return unix.IoctlSetWinsize(int(s.slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: rows})
}

// find waits until what was written since the last key matches.
func (s *screen) find(line *regexp.Regexp) error {
	if err := s.await(func() bool { return line.Match(s.text[s.seen:]) }); err != nil {
		return fmt.Errorf("%s did not come: %w", line, err)
	}
	return nil
}

// await asks after each piece of text whether that is enough. The error has the
// last of what came.
func (s *screen) await(enough func() bool) error {
	const last = 2000
	timeout := time.After(patience)
	for {
		s.mu.Lock()
		yes, news, rest := enough(), s.news, s.text[max(s.seen, len(s.text)-last):]
		s.mu.Unlock()
		if yes {
			return nil
		}
		select {
		case <-news:
		case <-timeout:
			return fmt.Errorf("at last there came %q", rest)
		}
	}
}

// givenBack: the screen was left after it was taken, and the cursor is there.
func (s *screen) givenBack() bool {
	return bytes.LastIndex(s.text, []byte("\x1b[?1049l")) > bytes.LastIndex(s.text, []byte("\x1b[?1049h")) &&
		bytes.LastIndex(s.text, []byte("\x1b[?25h")) > bytes.LastIndex(s.text, []byte("\x1b[?25l"))
}

// close ends the program and lets go of the terminal.
func (s *screen) close() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		<-s.done
	}
	s.slave.Close()
	s.master.Close()
	s.reading.Wait()
}

// on is a screen by name.
func on(ts *testscript.TestScript, name string) (*screen, error) {
	s, ok := of(ts).screens[name]
	if !ok {
		return nil, fmt.Errorf("there is no screen %q", name)
	}
	return s, nil
}

func shows(ts *testscript.TestScript, args []string) error {
	s, err := on(ts, args[0])
	if err != nil {
		return err
	}
	line, err := regexp.Compile("(?s)" + args[1])
	if err != nil {
		return err
	}
	return s.find(line)
}

func press(ts *testscript.TestScript, args []string) error {
	s, err := on(ts, args[0])
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.seen = len(s.text)
	s.mu.Unlock()
	_, err = s.master.WriteString(keyNames.Replace(args[1]))
	return err
}

// keyNames are the keys that a script cannot write as they are.
var keyNames = strings.NewReplacer("^C", "\x03", "^M", "\r", "^Z", "\x1a", "^[", "\x1b")

func resize(ts *testscript.TestScript, args []string) error {
	s, err := on(ts, args[0])
	if err != nil {
		return err
	}
	var columns, rows uint16
	if _, err := fmt.Sscan(args[1]+" "+args[2], &columns, &rows); err != nil {
		return err
	}
	s.mu.Lock()
	s.seen = len(s.text)
	s.mu.Unlock()
	return s.resize(columns, rows)
}

// left waits for the end of a program on a screen, and looks whether it has left
// the terminal as it was.
func left(ts *testscript.TestScript, args []string) error {
	s, err := on(ts, args[0])
	if err != nil {
		return err
	}
	delete(of(ts).screens, args[0])
	defer s.close()
	var want int
	if _, err := fmt.Sscan(args[1], &want); err != nil {
		return err
	}
	select {
	case err = <-s.done:
	case <-time.After(patience):
		return fmt.Errorf("%q does not end", args[0])
	}
	s.cmd = nil
	err = exitedWith(err, want)
	after, failed := unix.IoctlGetTermios(int(s.slave.Fd()), unix.TCGETS)
	if failed == nil && *after != s.before {
		failed = fmt.Errorf("the terminal was left with other settings: %+v, before %+v", *after, s.before)
	}
	return errors.Join(err, failed, s.await(s.givenBack))
}
