package supervisor

import "sync"

// mailbox holds what the loop is to do. It has no bound: who posts must never
// wait for the loop, since the loop may wait for it.
type mailbox struct {
	mu    sync.Mutex
	queue []func()
	spare []func() // the last batch's, to be used again
	wake  chan struct{}
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

func (m *mailbox) put(f func()) {
	m.mu.Lock()
	m.queue = append(m.queue, f)
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// run does everything that has come, also what comes meanwhile.
func (m *mailbox) run() {
	for {
		m.mu.Lock()
		batch := m.queue
		m.queue = m.spare[:0]
		m.spare = nil
		m.mu.Unlock()
		for i, f := range batch {
			f()
			batch[i] = nil
		}
		m.mu.Lock()
		m.spare = batch[:0]
		empty := len(m.queue) == 0
		m.mu.Unlock()
		if empty {
			return
		}
	}
}
