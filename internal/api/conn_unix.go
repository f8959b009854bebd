//go:build unix

package api

import (
	"io"
	"net"
	"os"
	"syscall"
)

// maxFiles is how many descriptors a client may hand over: stdout and stderr.
const maxFiles = 2

// Read reads as net.Conn does, and keeps the descriptors that a client sent
// along (SCM_RIGHTS, unix(7)). They are closed on exec. The kernel closes what
// has no room in one message.
func (c *conn) Read(p []byte) (int, error) {
	uc, ok := c.Conn.(*net.UnixConn)
	if !ok || len(p) == 0 {
		return c.Conn.Read(p)
	}
	var oob [64]byte // a header and maxFiles numbers on every system: syscall.CmsgSpace
	n, oobn, _, _, err := uc.ReadMsgUnix(p, oob[:syscall.CmsgSpace(maxFiles*4)])
	c.keep(passed(oob[:max(oobn, 0)]))
	if n == 0 && err == nil {
		err = io.EOF
	}
	return max(n, 0), err
}

// keep collects files up to maxFiles and closes the rest.
func (c *conn) keep(files []*os.File) {
	for _, f := range files {
		if len(c.files) < maxFiles {
			c.files = append(c.files, f)
		} else {
			f.Close()
		}
	}
}

// passed are the descriptors in a control message; none in a broken one.
func passed(oob []byte) []*os.File {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	var files []*os.File
	for _, m := range messages {
		fds, err := syscall.ParseUnixRights(&m)
		if err != nil {
			continue // credentials, or what a later kernel adds
		}
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "stream"))
		}
	}
	return files
}
