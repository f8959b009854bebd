package logs

import "sync/atomic"

// loss is what a log has lost, and why it is not written or was not. Anybody may
// read it.
type loss struct {
	lost atomic.Uint64 // bytes
	why  atomic.Pointer[error]
}

// told is both for whoever asks.
func (l *loss) told() (bytes uint64, why error) {
	if why := l.why.Load(); why != nil {
		return l.lost.Load(), *why
	}
	return l.lost.Load(), nil
}
