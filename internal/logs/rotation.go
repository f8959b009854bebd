package logs

import "time"

// Rotation says when a log file is put aside: FILE becomes FILE.1, FILE.1
// becomes FILE.2 and so on, and writing goes on in a new FILE. That happens
// when there is something to write, never by a timer, and between two lines
// where a line ends within maxOver bytes.
//
// Only regular files are put aside. FILE.1 stays as it is, for whoever reads it
// or still writes to it; older ones are compressed (FILE.2.gz) when nothing was
// written to them for a while.
type Rotation struct {
	Size  int64         // bytes from which on the file is put aside; 0: any number is right
	Every time.Duration // put aside when a period of this length is over, counted from midnight; 0: never
	Files int           // how many older files are kept; 0: what is put aside is deleted
}

// maxOver is how far a file may outgrow Rotation.Size for the sake of a line
// that has no end.
const maxOver = 1 << 20

// active tells whether the file is ever put aside.
func (r Rotation) active() bool { return r.Size > 0 || r.Every > 0 }

// due tells whether a file of some size, last written to at a moment, is to be
// put aside now. An empty file never is.
func (r Rotation) due(size int64, last, now time.Time) bool {
	switch {
	case size == 0:
		return false
	case r.Size > 0 && size >= r.Size:
		return true
	}
	return r.Every > 0 && r.period(last) < r.period(now)
}

// period numbers the periods of local time.
func (r Rotation) period(t time.Time) int64 {
	_, east := t.Zone()
	return (t.UnixNano() + int64(east)*int64(time.Second)) / int64(r.Every)
}
