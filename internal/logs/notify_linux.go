package logs

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	fileMask   = unix.IN_MODIFY
	folderMask = unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR
)

// inotify watches, for each source, the open file for what is written and a
// folder for the next file: the one of the path or, while that does not exist,
// the nearest one above it.
type inotify struct {
	fd    *os.File
	byWD  map[int][]interest
	every time.Duration // how often all are to be looked at
	next  time.Time     // when that is
	buf   [4096]byte
}

// interest is what a source waits for at a watch.
type interest struct {
	source int
	name   string // in a folder: of what may come; "": a file
}

// newNotifier returns an inotify or, where the user has none left, a ticker.
func newNotifier() notifier {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return ticker{}
	}
	return &inotify{fd: os.NewFile(uintptr(fd), "inotify"), byWD: map[int][]interest{}, every: lookAgain}
}

func (n *inotify) close() { n.fd.Close() }

func (n *inotify) watch(i int, path string, file *os.File) {
	n.unwatch(i)
	if file != nil {
		n.watchFile(i, file)
	}
	n.watchFolder(i, path)
}

func (n *inotify) unwatch(i int) {
	for wd, all := range n.byWD {
		all = slices.DeleteFunc(all, func(in interest) bool { return in.source == i })
		if n.byWD[wd] = all; len(all) == 0 {
			delete(n.byWD, wd)
			n.control(func(fd int) error {
				_, err := unix.InotifyRmWatch(fd, uint32(wd))
				return err // EINVAL: it went with the file
			})
		}
	}
}

// watchFile watches the open file itself, wherever its path leads by now.
func (n *inotify) watchFile(i int, file *os.File) {
	conn, err := file.SyscallConn()
	if err != nil {
		return
	}
	conn.Control(func(fd uintptr) {
		err = n.add("/proc/self/fd/"+strconv.Itoa(int(fd)), fileMask, interest{source: i})
	})
	n.doubt(err)
}

func (n *inotify) watchFolder(i int, path string) {
	for {
		folder, name := filepath.Split(path)
		folder = filepath.Clean(folder)
		err := n.add(folder, folderMask, interest{i, name})
		if !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENOTDIR) || folder == path {
			n.doubt(err)
			return
		}
		path = folder
	}
}

// doubt looks more often after a watch that could not be had.
func (n *inotify) doubt(err error) {
	if err != nil {
		n.every = pollEvery
	}
}

func (n *inotify) add(path string, mask uint32, in interest) error {
	return n.control(func(fd int) error {
		wd, err := unix.InotifyAddWatch(fd, path, mask)
		if err == nil {
			n.byWD[wd] = append(n.byWD[wd], in)
		}
		return err
	})
}

// control calls f with the descriptor, which stays open meanwhile.
func (n *inotify) control(f func(fd int) error) error {
	conn, err := n.fd.SyscallConn()
	if err != nil {
		return err
	}
	if outer := conn.Control(func(fd uintptr) { err = f(int(fd)) }); outer != nil {
		return outer
	}
	return err
}

func (n *inotify) wait(ctx context.Context) (changed []int, all bool) {
	if n.next.IsZero() {
		n.next = time.Now().Add(n.every)
	}
	n.fd.SetReadDeadline(n.next)
	stop := context.AfterFunc(ctx, func() { n.fd.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	got, err := n.fd.Read(n.buf[:])
	if err != nil { // the deadline, or the end of ctx
		n.next = time.Time{}
		return nil, true
	}
	return n.parse(n.buf[:got])
}

// parse returns the sources that a buffer of events (inotify(7)) concerns.
func (n *inotify) parse(b []byte) (changed []int, all bool) {
	for len(b) >= unix.SizeofInotifyEvent {
		wd := int32(binary.NativeEndian.Uint32(b))
		mask := binary.NativeEndian.Uint32(b[4:])
		size := unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(b[12:]))
		name := strings.TrimRight(string(b[unix.SizeofInotifyEvent:size]), "\x00")
		b = b[size:]
		if mask&unix.IN_Q_OVERFLOW != 0 {
			return nil, true
		}
		for _, in := range n.byWD[int(wd)] {
			if in.name == name || name == "" {
				changed = append(changed, in.source)
			}
		}
		if mask&unix.IN_IGNORED != 0 {
			delete(n.byWD, int(wd))
		}
	}
	slices.Sort(changed)
	return slices.Compact(changed), false
}
