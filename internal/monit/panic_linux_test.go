package monit

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A mistake of ours ends the program, but not the user's terminal: that is put
// right before the message.
func TestPanicGivesTheTerminalBack(t *testing.T) {
	master, slave := openPty(t)
	before := settings(t, slave)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleEnv+"=panic", "TERM=xterm", "GORACE=atexit_sleep_ms=0")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text := readUntil(t, master, nil, "web")
	if _, err := master.WriteString("r"); err != nil {
		t.Error(err)
	}
	text = readUntil(t, master, text, "panic: a mistake")
	drain(t, master)
	if err := cmd.Wait(); err == nil {
		t.Error("it ended well")
	}
	if given := bytes.Index(text, []byte(giveScreen)); given < 0 || given > bytes.Index(text, []byte("panic: ")) {
		t.Errorf("the screen was not given back before the message: %q", text)
	}
	if after := settings(t, slave); after != before {
		t.Errorf("settings %+v, before %+v", after, before)
	}
}

// openPty opens both sides of a terminal of 80x24.
func openPty(t *testing.T) (master, slave *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	master = os.NewFile(uintptr(fd), "/dev/ptmx")
	t.Cleanup(func() { master.Close() })
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	}
	if err == nil {
		slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

func settings(t *testing.T, f *os.File) unix.Termios {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *s
}

// drain reads what is still written, so that the writer can end.
func drain(t *testing.T, master *os.File) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		_, _ = io.Copy(io.Discard, master)
	}()
	t.Cleanup(func() {
		master.Close()
		<-over
	})
}

// readUntil reads on after text until that has a word.
func readUntil(t *testing.T, master *os.File, text []byte, word string) []byte {
	t.Helper()
	const patience = 60 * time.Second
	if err := master.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for !bytes.Contains(text, []byte(word)) {
		var chunk [4096]byte
		n, err := master.Read(chunk[:])
		if err != nil {
			t.Fatalf("%q did not come: %v; what came is %q", word, err, text)
		}
		text = append(text, chunk[:n]...)
	}
	return text
}
