//go:build unix

package shim

import (
	"errors"
	"fmt"
	"syscall"

	"forever/internal/wire"
)

// Peek has the shim read size bytes of a process's memory. It waits for the
// answer, and must not be called from where Listen runs.
func (h *Handle) Peek(pid int, from uintptr, size int) ([]byte, error) {
	m, err := h.await(&wire.ShimMessage{Op: wire.OpPeek, PID: pid, Addr: uint64(from), Size: size})
	if err == nil && len(m.Data) != size {
		err = fmt.Errorf("the shim read %d bytes instead of %d", len(m.Data), size)
	}
	if err != nil {
		return nil, err
	}
	return m.Data, nil
}

// Borrow has the shim copy a process's descriptor; the copy is the caller's to
// close. It waits as Peek does.
func (h *Handle) Borrow(pid, fd int) (int, error) {
	m, err := h.await(&wire.ShimMessage{Op: wire.OpBorrow, PID: pid, FD: fd})
	if err != nil {
		return -1, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	lent, ok := h.lent[m.Seq]
	if !ok {
		return -1, errors.New("the shim sent no descriptor")
	}
	delete(h.lent, m.Seq)
	return lent, nil
}

// await is Call for who waits for the answer. When the shim dies there is none,
// and this process becomes the shim.
func (h *Handle) await(m *wire.ShimMessage) (*wire.ShimMessage, error) {
	answer := make(chan *wire.ShimMessage, 1)
	if err := h.Call(m, func(m *wire.ShimMessage) { answer <- m }); err != nil {
		return nil, err
	}
	reply := <-answer
	switch {
	case reply.Errno != 0:
		return nil, fmt.Errorf("the shim: %w", syscall.Errno(reply.Errno))
	case reply.Error != "":
		return nil, fmt.Errorf("the shim: %s", reply.Error)
	}
	return reply, nil
}
