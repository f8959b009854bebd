package probe

import (
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// oobSize has room for the sender's credentials and nothing more, so that no
// descriptor that is sent along ever becomes ours: the kernel closes it.
const oobSize = unix.SizeofCmsghdr + unix.SizeofUcred + 4 // CMSG_SPACE, cmsg(3)

// maxName is the longest path that fits into sun_path with its final NUL.
const maxName = 107

// notifyAddress is the name that the socket for path gets.
func notifyAddress(path string) (string, error) {
	switch {
	case path == "" || path == "@":
		return "", fmt.Errorf("%q is no name for a socket", path)
	case len(path) <= maxName:
		return path, nil
	case strings.HasPrefix(path, "@"):
		return "", fmt.Errorf("%s is longer than the %d bytes a socket's name may have", path, maxName)
	}
	// The same path has the same name at any time: a program that runs on
	// while both background processes are replaced still knows where to speak.
	hash := fnv.New128a()
	hash.Write([]byte(path))
	return fmt.Sprintf("@forever-%d-%x", os.Geteuid(), hash.Sum(nil)), nil
}

// prepareNotify asks for the sender's credentials with each datagram, before
// there can be one.
func prepareNotify(_, _ string, c syscall.RawConn) error {
	var err error
	if failed := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PASSCRED, 1)
	}); failed != nil {
		return failed
	}
	return os.NewSyscallError("setsockopt", err)
}

// identify says who sent the message, and whether that user is listened to.
func (n *Notify) identify(m *Message, oob []byte) bool {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return false
	}
	for i := range messages {
		if cred, err := unix.ParseUnixCredentials(&messages[i]); err == nil {
			m.PID, m.UID = int(cred.Pid), cred.Uid
			return slices.Contains(n.trust, cred.Uid)
		}
	}
	return false
}
