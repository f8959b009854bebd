package sockets

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"golang.org/x/sys/unix"
)

// fdReader reads the descriptors of one process after another with the same
// buffers: hundreds of processes have tens of descriptors each.
type fdReader struct {
	entries [8 << 10]byte
	link    [64]byte
}

// sockets calls found with the inode of each socket that pid holds. The error
// is unix.EACCES or unix.EPERM for a process whose descriptors are private, and
// unix.ENOENT for one that has ended.
func (r *fdReader) sockets(pid int, found func(inode uint64)) error {
	dir, err := unix.Open("/proc/"+strconv.Itoa(pid)+"/fd", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	for {
		n, err := unix.Getdents(dir, r.entries[:])
		if err != nil || n <= 0 {
			return err
		}
		r.eachSocket(dir, r.entries[:n], found)
	}
}

// eachSocket goes through linux_dirent64 records, see getdents64(2).
func (r *fdReader) eachSocket(dir int, records []byte, found func(inode uint64)) {
	const reclen, name = 16, 19 // offsets of the fields
	for len(records) > name {
		size := int(binary.NativeEndian.Uint16(records[reclen:]))
		if size <= name || size > len(records) {
			return
		}
		if inode, ok := r.socketInode(dir, records[name:size]); ok {
			found(inode)
		}
		records = records[size:]
	}
}

// socketInode reads the link name, of the form "socket:[4711]". The name ends at
// the first NUL; the kernel leaves anything behind it.
func (r *fdReader) socketInode(dir int, name []byte) (uint64, bool) {
	if name[0] == '.' {
		return 0, false
	}
	name, _, _ = bytes.Cut(name, []byte{0})
	n, err := unix.Readlinkat(dir, string(name), r.link[:])
	if err != nil {
		return 0, false
	}
	digits, ok := bytes.CutPrefix(r.link[:n], []byte("socket:["))
	if !ok {
		return 0, false
	}
	return parseDigits(digits), true
}

// parseDigits reads the decimal number at the beginning of b.
func parseDigits(b []byte) uint64 {
	var n uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + uint64(c-'0')
	}
	return n
}
