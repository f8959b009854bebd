//go:build unix

package pidfile

import (
	"os"
	"syscall"
)

// ownerOf returns the uid of the file's owner.
func ownerOf(info os.FileInfo) (uid int, known bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(st.Uid), true
}
