package logs

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// Errors of a Pump.
var (
	ErrClosed   = errors.New("the log pump is closed")
	ErrAttached = errors.New("a pipe is attached under this key already")
	ErrUnknown  = errors.New("no pipe is attached under this key")
)

// Sink says where the bytes of one pipe go.
type Sink struct {
	// Path is an absolute file name. A missing file is made (mode 0600) with
	// its folders (0700); no symbolic link is followed to make it. A link
	// that exists already is followed when it is ours or root's. Devices,
	// terminals and FIFOs are written as streams. Empty: the bytes are
	// discarded, and not counted as lost.
	// Pipes of one Pump may share a file, under one name or several. Others may
	// empty, rename or delete it at any time. On Linux they may append only
	// while the pump does not write: splice(2) knows no O_APPEND, and the end
	// is looked up before each batch.
	Path string
	// Truncate empties the file first, unless another pipe writes to it now.
	// Who takes over pipes from a predecessor leaves it false.
	Truncate bool
	// Rotate says when the file is put aside and a new one begun. Pipes that
	// share a file should agree about it: the one that writes next decides.
	Rotate Rotation
	// Lines has whole lines written, each in a certain form; nil: bytes as they
	// are. Devices, terminals and FIFOs get bytes as they are in any case.
	Lines *Lines
	// Index keeps a time index beside a regular file.
	Index bool
	// Also gets a copy of everything. The Pump owns it, whatever Attach or
	// Resink return, and closes it at Detach. When it blocks (a stopped
	// terminal) it holds back its own pipe and nothing else, as tee(1) would;
	// when it breaks, the file is written on without it.
	Also *os.File
}

// SinkError reports a pipe that is attached although its file cannot be
// written now: its program goes on, what it prints is counted as lost, and the
// file is tried again while output comes.
type SinkError struct {
	Path string
	Err  error
}

func (e *SinkError) Error() string { return fmt.Sprintf("open log %s: %v", e.Path, e.Err) }

func (e *SinkError) Unwrap() error { return e.Err }

// inWords says that a log could not be written, or not even opened.
func inWords(path string, err error) error {
	var closed *SinkError
	if errors.As(err, &closed) {
		return closed
	}
	return fmt.Errorf("write log %s: %w", path, err)
}

// Pump moves bytes from pipes to log files until Close. All methods may be
// called from any goroutine.
//
// On Linux the bytes are moved inside the kernel (splice(2)): at every moment a
// byte is either still in the pipe or in the file, so a process that is killed
// and followed by another one on the same pipe neither loses nor doubles
// any. Elsewhere they are read and written, and a kill can lose what was between.
type Pump struct{ e *engine }

// NewPump starts a Pump. It ends with Close.
func NewPump() (*Pump, error) {
	e, err := newEngine()
	if err != nil {
		return nil, fmt.Errorf("start the log pump: %w", err)
	}
	return &Pump{e}, nil
}

// Attach moves what comes out of pipe, the read end of a pipe, to sink until
// Detach. The Pump owns pipe from this call on, also when it returns an error.
// A *SinkError means: attached, but the file cannot be written yet. After any
// other error nothing is attached, and pipe is closed.
func (p *Pump) Attach(key string, pipe *os.File, sink Sink) error {
	return p.e.attach(key, pipe, sink)
}

// Drain returns when everything that was in the pipe at the call has been
// written: call it after the program has ended, for its last lines. A stopped
// terminal (Sink.Also) holds it up for a second, not longer (elsewhere than on
// Linux: until it goes on). An unknown key needs no draining.
func (p *Pump) Drain(key string) {
	done := make(chan struct{})
	p.DrainFunc(key, func() { close(done) })
	<-done
}

// DrainFunc calls f once, from a goroutine of its own, when Drain would return,
// or when the Pump is closed.
func (p *Pump) DrainFunc(key string, f func()) { p.e.drain(key, f) }

// Detach drains the pipe as Drain does and closes it and, where no other pipe
// writes to it, the file. An unknown key is detached already.
func (p *Pump) Detach(key string) { p.e.detach(key) }

// Resink sends to another file (or opens the same path again) whatever has not
// been moved yet. After an error the old sink stays.
func (p *Pump) Resink(key string, sink Sink) error { return p.e.resink(key, sink) }

// Lost tells how many bytes could not be written since Attach, and the last
// reason. It never waits for the Pump.
func (p *Pump) Lost(key string) (bytes uint64, err error) { return p.e.lost(key) }

// Process says that from now on a process writes to the pipe, for the lines that
// tell its PID; 0: that it has ended, so that what has no newline yet ends there.
// It is for pipes with Lines and does not wait.
func (p *Pump) Process(key string, pid int) { p.e.process(key, pid) }

// Flush drains the pipe, empties the file and deletes the older ones.
func (p *Pump) Flush(key string) error { return p.e.flush(key) }

// Reopen opens the paths of all pipes again whose file was renamed or deleted,
// at once. It also happens within a second of writing.
func (p *Pump) Reopen() { p.e.reopenAll() }

// Flush empties a log that no Pump writes to, and deletes its older files.
// There need not be one.
func Flush(path string) error {
	return Within(silence, func() error { return flushFile(path) })
}

func flushFile(path string) error {
	path = resolve(path)
	st, err := os.Lstat(path)
	if err != nil || !st.Mode().IsRegular() {
		return ignoreMissing(err)
	}
	if err := os.Truncate(path, 0); err != nil {
		return err
	}
	return newKeeper().flush(path)
}

// Close ends the Pump without draining and closes all that it owns. What is in
// the pipes stays there for whoever else holds them.
func (p *Pump) Close() { p.e.close() }

// How often a path is looked at: once a second of writing for a file that was
// renamed, and while it cannot be opened, four times.
const (
	lookEvery = time.Second
	openEvery = time.Second / 4
)

func closeFile(f *os.File) {
	if f != nil {
		f.Close()
	}
}
