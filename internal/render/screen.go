package render

import (
	"bytes"
	"io"
	"os"

	"golang.org/x/term"
)

// Screen is one output stream and what is known of it. The zero value is of
// no use; New makes one. It is not safe for concurrent use.
type Screen struct {
	w io.Writer
	// Terminal says that a person looks at it: lines may be redrawn and are
	// cut to its width.
	Terminal bool
	// Color says that escape sequences for colours may be written.
	Color bool

	fd     int
	width  int  // fixed by tests; 0: ask the terminal
	inLine bool // a progress line stands there, unfinished
}

// ColorChoice says who decides about colours.
type ColorChoice int

const (
	ColorAuto  ColorChoice = iota // on a terminal, unless NO_COLOR or TERM=dumb says otherwise
	ColorNever                    // --plain, --no-colors
	ColorForce                    // --colors: also into a pipe
)

// New looks at w: a terminal is an *os.File that the kernel calls one. The
// caller keeps w and closes it.
func New(w io.Writer, choice ColorChoice) *Screen {
	s := &Screen{w: w, fd: -1}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.fd, s.Terminal = int(f.Fd()), true
	}
	switch choice {
	case ColorForce:
		s.Color = true
	case ColorAuto:
		s.Color = s.Terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	if s.Color && s.Terminal {
		s.Color = enableSequences(s.fd)
	}
	return s
}

// Fixed is a terminal of that many columns that writes to w, for tests and
// for drawing into a buffer.
func Fixed(w io.Writer, width int, color bool) *Screen {
	return &Screen{w: w, fd: -1, width: width, Terminal: width > 0, Color: color}
}

// Width is the number of columns, or 0 where lines need not be cut.
func (s *Screen) Width() int {
	if s.width > 0 || s.fd < 0 {
		return s.width
	}
	columns, _, err := term.GetSize(s.fd)
	if err != nil || columns < 1 {
		return 0
	}
	return columns
}

// Height is the number of rows, or 0 where it is not known.
func (s *Screen) Height() int {
	if s.fd < 0 {
		return 0
	}
	_, rows, err := term.GetSize(s.fd)
	if err != nil {
		return 0
	}
	return rows
}

// Write passes p on, after removing an unfinished progress line.
func (s *Screen) Write(p []byte) (int, error) {
	if s.inLine {
		s.inLine = false
		if _, err := io.WriteString(s.w, "\r\x1b[K"); err != nil {
			return 0, err
		}
	}
	return s.w.Write(p)
}

// Progress shows text on a line of its own that the next output replaces.
// Where nobody looks it does nothing.
func (s *Screen) Progress(text string) {
	if !s.Terminal {
		return
	}
	if width := s.Width(); width > 0 {
		text = Truncate(text, width-1)
	}
	_, err := io.WriteString(s.w, "\r"+text+"\x1b[K")
	s.inLine = err == nil
}

// EndProgress removes the progress line, if there is one.
func (s *Screen) EndProgress() {
	if s.inLine {
		// A terminal that is gone needs no cleaning.
		_, _ = s.Write(nil)
	}
}

// Redraw replaces the whole screen by the frame without flicker: each line is
// overwritten where it stands, and the part below the frame is emptied. Lines
// that do not fit are left out.
func (s *Screen) Redraw(frame []byte) error {
	lines := bytes.Split(bytes.TrimSuffix(frame, []byte("\n")), []byte("\n"))
	if height := s.Height(); height > 1 && len(lines) > height-1 {
		lines = lines[:height-1]
	}
	var b bytes.Buffer
	b.WriteString("\x1b[H")
	for _, line := range lines {
		b.Write(line)
		b.WriteString("\x1b[K\n")
	}
	b.WriteString("\x1b[J")
	_, err := s.Write(b.Bytes())
	return err
}

// Page is a screen of the same kind that draws into w, for Redraw.
func (s *Screen) Page(w io.Writer) *Screen {
	return &Screen{w: w, fd: -1, width: s.Width(), Terminal: s.Terminal, Color: s.Color}
}
