package listener

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The structures of seccomp_unotify(2), include/uapi/linux/seccomp.h.
type (
	notification struct {
		id    uint64
		pid   uint32
		flags uint32
		data  seccompData
	}
	seccompData struct {
		nr   int32
		arch uint32
		ip   uint64
		args [6]uint64
	}
	response struct {
		id    uint64
		val   int64
		err   int32
		flags uint32
	}
	addFD struct {
		id         uint64
		flags      uint32
		srcfd      uint32
		newfd      uint32
		newfdFlags uint32
	}
)

// The ioctls, computed as _IOWR('!', nr, size).
const (
	ioctlRecv    = 0xc0502100 // SECCOMP_IOCTL_NOTIF_RECV, 80 bytes
	ioctlSend    = 0xc0182101 // SECCOMP_IOCTL_NOTIF_SEND, 24 bytes
	ioctlIDValid = 0x40082102 // SECCOMP_IOCTL_NOTIF_ID_VALID
	ioctlAddFD   = 0x40182103 // SECCOMP_IOCTL_NOTIF_ADDFD, 24 bytes

	flagContinue = 1 // SECCOMP_USER_NOTIF_FLAG_CONTINUE
	flagSetFD    = 1 // SECCOMP_ADDFD_FLAG_SETFD
)

// Answer answers the binds of one program and its children, one after the
// other, until the last of them has ended, and closes notify. It begins with
// those that a process before us has received and could not answer any more.
func (a *Answerer) Answer(notify *os.File) error {
	defer notify.Close()
	raw, err := notify.SyscallConn()
	if err != nil {
		return fmt.Errorf("answer a program's binds: %w", err)
	}
	err = raw.Control(func(fd uintptr) {
		a.again = true
		a.Pending.left(int(fd), func(n *notification) { a.answer(int(fd), n) })
		a.again = false
	})
	for err == nil {
		var failure error
		err = raw.Read(func(fd uintptr) bool {
			failure = a.next(int(fd))
			return !errors.Is(failure, unix.EAGAIN)
		})
		switch {
		case errors.Is(failure, errGone):
			return nil
		case errors.Is(failure, unix.ENOENT), errors.Is(failure, unix.EINTR):
			// The caller was killed, or its call interrupted.
		case failure != nil:
			return fmt.Errorf("receive a program's bind: %w", failure)
		}
	}
	return fmt.Errorf("answer a program's binds: %w", err)
}

// errGone: no process has the filter any more.
var errGone = errors.New("the programs are gone")

// next receives a notification and answers it, or says EAGAIN where there is
// none: the ioctl itself would wait.
func (a *Answerer) next(fd int) error {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	if _, err := unix.Poll(p, 0); err != nil {
		return err
	}
	switch {
	case p[0].Revents&unix.POLLIN != 0:
		n, free := a.Pending.take() // the kernel wants zeros
		defer free()
		if err := ioctl(fd, ioctlRecv, unsafe.Pointer(n)); err != nil {
			return err
		}
		a.answer(fd, n)
		return nil
	case p[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0:
		return errGone
	}
	return unix.EAGAIN
}

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
	if errno != 0 {
		return errno
	}
	return nil
}

// answer reads the call, has it decided and answers. Whatever is unclear goes
// on as if there were no filter.
func (a *Answerer) answer(fd int, n *notification) {
	r := response{id: n.id, flags: flagContinue}
	switch n.data.nr {
	case unix.SYS_BIND:
		a.answerBind(fd, n, &r)
	case unix.SYS_SETSOCKOPT:
		a.hear(fd, n)
	case sysUnlink, unix.SYS_UNLINKAT:
		if a.keeps(fd, n) {
			r.flags = 0
		}
	}
	// A caller that is gone meanwhile needs no answer (ENOENT).
	_ = ioctl(fd, ioctlSend, unsafe.Pointer(&r))
}

func (a *Answerer) answerBind(fd int, n *notification, r *response) {
	b, err := a.read(n)
	// What was read was the caller's only if it still waits.
	valid := n.valid(fd)
	switch {
	case !valid:
		return
	case err == nil:
		a.decide(fd, n, b, r)
	case !errors.Is(err, errNotOurs) && a.Unreadable != nil:
		a.Unreadable(err)
	}
}

// valid tells whether the caller still waits.
func (n *notification) valid(fd int) bool {
	return ioctl(fd, ioctlIDValid, unsafe.Pointer(&n.id)) == nil
}

func (a *Answerer) decide(fd int, n *notification, b *Bind, r *response) {
	d := a.Decide(b)
	switch {
	case d.Errno != 0:
		r.flags, r.err = 0, -int32(d.Errno)
	case d.Socket != 0:
		if replace(fd, n, b, d) == nil {
			r.flags = 0
		}
		unix.Close(d.Socket)
	}
}

// replace puts the socket in place of the program's descriptor, with the flags
// that this had, and in place of the copies that the process has of it (dup(2)).
func replace(fd int, n *notification, b *Bind, d Decision) error {
	// O_NONBLOCK belongs to the open file, which the program shares with us.
	if b.Nonblock || !d.Common {
		if err := unix.SetNonblock(d.Socket, b.Nonblock); err != nil {
			return err
		}
	}
	copies := copiesOf(b.PID, b.FD) // before, since afterwards they are of another file
	if err := n.put(fd, d.Socket, b.FD, b.CloseOnExec); err != nil {
		return err
	}
	for _, number := range copies {
		if dup := (Bind{PID: b.PID, FD: number}); dup.readFlags() == nil {
			_ = n.put(fd, d.Socket, number, dup.CloseOnExec) // it is as good as the program's closing it just now
		}
	}
	return nil
}

// put has the caller's process have the socket under a number.
func (n *notification) put(fd, socket, number int, closeOnExec bool) error {
	a := addFD{id: n.id, flags: flagSetFD, srcfd: uint32(socket), newfd: uint32(number)}
	if closeOnExec {
		a.newfdFlags = unix.O_CLOEXEC
	}
	return ioctl(fd, ioctlAddFD, unsafe.Pointer(&a))
}

// copiesOf are the other descriptors of a process that are the same socket.
func copiesOf(pid, fd int) (copies []int) {
	all := descriptorsOf(pid)
	for number, inode := range all {
		if number != fd && inode == all[fd] {
			copies = append(copies, number)
		}
	}
	return copies
}
