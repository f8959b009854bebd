//go:build unix

package probe

import (
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// How much of a command's output is kept, and how much of a line is shown.
const (
	tailSize = 4 << 10 // bytes
	lineSize = 200     // runes
)

// output reads what a command prints, however much, and keeps the end of it.
type output struct {
	w    *os.File // for the command
	r    *os.File
	tail []byte // belongs to the goroutine until done is closed
	done chan struct{}
}

func newOutput() (*output, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	o := &output{w: w, r: r, done: make(chan struct{})}
	go o.read()
	return o, nil
}

func (o *output) read() {
	defer close(o.done)
	buf := make([]byte, tailSize)
	for {
		n, err := o.r.Read(buf)
		o.keep(buf[:n])
		if err != nil {
			return
		}
	}
}

func (o *output) keep(b []byte) {
	o.tail = append(o.tail, b...)
	o.tail = o.tail[max(0, len(o.tail)-tailSize):]
}

// close is called when the command has ended, and returns the last line it
// printed. It does not wait for the pipe's end: a process that escaped from the
// command's group may hold it for as long as it likes.
func (o *output) close() string {
	o.w.Close()
	o.r.SetReadDeadline(time.Unix(1, 0))
	<-o.done
	o.drain()
	o.r.Close()
	return lastLine(o.tail)
}

// drain reads what is in the pipe already, at most as much as a pipe holds.
func (o *output) drain() {
	conn, err := o.r.SyscallConn()
	if err != nil {
		return
	}
	conn.Control(func(fd uintptr) {
		buf := make([]byte, tailSize)
		for range (1 << 20) / tailSize {
			n, err := unix.Read(int(fd), buf)
			if n <= 0 || err != nil {
				return
			}
			o.keep(buf[:n])
		}
	})
}

// lastLine returns the last line with something in it, fit for a terminal.
func lastLine(b []byte) string {
	text := strings.TrimSpace(strings.ToValidUTF8(string(b), "?"))
	text = text[strings.LastIndexByte(text, '\n')+1:]
	if runes := []rune(text); len(runes) > lineSize {
		text = string(runes[:lineSize]) + "…"
	}
	return printable(text)
}
