package proc

import (
	"bytes"
	"encoding/binary"
)

// The layout of struct linux_dirent64 (getdents64(2)).
const (
	direntLength = 16 // offset of d_reclen
	direntName   = 19 // offset of d_name
)

// nextDirent takes one name from the front of what getdents64(2) returned; nil
// when there is none.
func nextDirent(list []byte) (name, rest []byte) {
	if len(list) < direntName {
		return nil, nil
	}
	size := int(binary.NativeEndian.Uint16(list[direntLength:]))
	if size <= direntName || size > len(list) {
		return nil, nil
	}
	name, _, _ = bytes.Cut(list[direntName:size], []byte{0})
	if len(name) == 0 {
		return nil, nil
	}
	return name, list[size:]
}
