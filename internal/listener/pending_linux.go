package listener

import (
	"fmt"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Pending are the binds that have been received and not answered yet, in memory
// that outlives this process.
//
// The kernel tells of a bind once. Were its receiver killed before it answers,
// nobody could answer any more and the program would wait for ever. So the
// kernel writes each notification right into a memory file that another process
// holds too: it is received if and only if it is there. The next process asks
// the kernel which of them still wait (SECCOMP_IOCTL_NOTIF_ID_VALID), and
// answers those again.
type Pending struct {
	mu   sync.Mutex
	rows []notification // of the memory file
	used []bool         // by this process, or left by the one before
}

// pendingSize is one page of memory. Binds that are answered at the same time
// and find no room in it are not kept, which is no worse than without it.
const pendingSize = 4096

// NewPending makes an empty one. file is for whoever keeps it, and the caller's
// to close.
func NewPending() (p *Pending, file int, err error) {
	file, err = unix.MemfdCreate("forever-binds", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, -1, fmt.Errorf("make room for pending binds: %w", err)
	}
	if err = unix.Ftruncate(file, pendingSize); err == nil {
		p, err = OpenPending(file)
	}
	if err != nil {
		unix.Close(file)
		return nil, -1, fmt.Errorf("make room for pending binds: %w", err)
	}
	return p, file, nil
}

// OpenPending goes on with one that another process has left. file stays the
// caller's to close.
func OpenPending(file int) (*Pending, error) {
	var st unix.Stat_t
	if err := unix.Fstat(file, &st); err != nil {
		return nil, fmt.Errorf("look at the pending binds: %w", err)
	}
	if st.Size != pendingSize { // to touch what is not there would be fatal
		return nil, fmt.Errorf("the pending binds have %d bytes, not %d", st.Size, pendingSize)
	}
	page, err := unix.Mmap(file, 0, pendingSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the pending binds: %w", err)
	}
	n := pendingSize / int(unsafe.Sizeof(notification{}))
	p := &Pending{rows: unsafe.Slice((*notification)(unsafe.Pointer(&page[0])), n), used: make([]bool, n)}
	for i := range p.rows {
		p.used[i] = p.rows[i].id != 0
	}
	return p, nil
}

// take returns a row of zeros for one notification, and what gives it back.
func (p *Pending) take() (n *notification, free func()) {
	if p == nil {
		return new(notification), func() {}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, used := range p.used {
		if !used {
			p.used[i] = true
			return &p.rows[i], func() { p.free(i) }
		}
	}
	return new(notification), func() {}
}

func (p *Pending) free(i int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows[i] = notification{}
	p.used[i] = false
}

// left calls f for each notification of this descriptor that a process before
// has received and not answered. Their ids begin with a random number for each
// filter, so that none is mistaken for another's.
func (p *Pending) left(fd int, f func(*notification)) {
	if p == nil {
		return
	}
	for i := range p.rows {
		p.mu.Lock()
		n := p.rows[i]
		p.mu.Unlock()
		if n.id != 0 && ioctl(fd, ioctlIDValid, unsafe.Pointer(&n.id)) == nil {
			f(&n)
			p.free(i)
		}
	}
}
