package logs

import (
	"errors"
	"path/filepath"
	"sync"
	"time"
)

// silence is how long a call may take until its disk counts as one that does not
// answer: what is slower than others is no reason to lose anything.
const silence = 2 * time.Second

var errPending = errors.New("the disk does not answer; this is done when it does")

// Within returns the answer of f, or an error when it takes longer than limit. f
// goes on then, and so may what it does: a call that waits for a disk cannot be
// called back.
func Within(limit time.Duration, f func() error) error {
	answer := make(chan error, 1)
	go func() { answer <- f() }()
	return within(limit, answer)
}

// within waits for an answer that somebody is about to give.
func within(limit time.Duration, answer <-chan error) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case err := <-answer:
		return err
	case <-timer.C:
		return errPending
	}
}

// patienceOfCallers is how long whoever looks after all apps waits for a call for one.
const patienceOfCallers = time.Second

// Patience waits for calls that a disk answers. Of several in a folder only the first
// is waited for when it takes long, so that a hundred apps do not wait a hundred
// times. The zero value is ready.
type Patience struct {
	mu   sync.Mutex
	late map[string]int // by folder: calls that have not come back
}

// Do makes a call and waits for it as Wait does; false: it goes on.
func (p *Patience) Do(path string, call func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		call()
	}()
	return p.Wait(path, done)
}

// Wait waits until done is closed, for a second at most; false: it was not. path is
// what the call is about.
func (p *Patience) Wait(path string, done <-chan struct{}) bool {
	folder := filepath.Dir(path)
	timer := time.NewTimer(p.with(folder))
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
	}
	p.note(folder, 1)
	go func() {
		<-done
		p.note(folder, -1)
	}()
	return false
}

func (p *Patience) with(folder string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.late[folder] > 0 {
		return 0
	}
	return patienceOfCallers
}

func (p *Patience) note(folder string, more int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.late == nil {
		p.late = map[string]int{}
	}
	if p.late[folder] += more; p.late[folder] == 0 {
		delete(p.late, folder)
	}
}
