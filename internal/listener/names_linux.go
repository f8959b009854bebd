package listener

import (
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Names tells when a file loses a name (inotify(7)). It watches the file and not
// the folder, where much may happen that is no concern of ours.
type Names struct {
	f *os.File

	mu    sync.Mutex
	files map[int32]func()
}

// NewNames makes one that watches nothing yet.
func NewNames() (*Names, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("watch the files of unix sockets: %w", err)
	}
	n := &Names{f: os.NewFile(uintptr(fd), "inotify"), files: map[int32]func(){}}
	go n.read()
	return n, nil
}

// Watch has changed called, on a goroutine of n, whenever a name of the file is
// made or removed, or its mode is changed. stop ends that.
func (n *Names) Watch(path string, changed func()) (stop func(), err error) {
	raw, err := n.f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var wd int
	// The lock is held until the reader may know the number.
	n.mu.Lock()
	defer n.mu.Unlock()
	control := raw.Control(func(fd uintptr) {
		wd, err = unix.InotifyAddWatch(int(fd), path, unix.IN_ATTRIB|unix.IN_DONT_FOLLOW)
	})
	if err == nil {
		err = control
	}
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", path, err)
	}
	n.files[int32(wd)] = changed
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.files, int32(wd))
		_ = raw.Control(func(fd uintptr) {
			_, _ = unix.InotifyRmWatch(int(fd), uint32(wd)) // the file may be gone, and the watch with it
		})
	}, nil
}

// Close ends all watches.
func (n *Names) Close() { n.f.Close() }

func (n *Names) read() {
	var buf [16 * unix.SizeofInotifyEvent]byte // a watched file has no name in its event
	for {
		size, err := n.f.Read(buf[:])
		if err != nil {
			return // closed
		}
		for at := 0; at+unix.SizeofInotifyEvent <= size; {
			ev := (*unix.InotifyEvent)(unsafe.Pointer(&buf[at]))
			at += unix.SizeofInotifyEvent + int(ev.Len)
			n.mu.Lock()
			changed := n.files[ev.Wd]
			n.mu.Unlock()
			if changed != nil {
				changed()
			}
		}
	}
}
