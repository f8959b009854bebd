package proc

import (
	"os"
	"strconv"
)

// Umask is the file mode creation mask of this process (umask(2)). It is only
// read: setting it to learn it would loosen or tighten, for a moment, the files
// that other threads create.
func Umask() int {
	status, err := os.ReadFile("/proc/self/status") // has it since Linux 4.7
	if err == nil {
		mask, err := strconv.ParseUint(string(statusField(status, "\nUmask:\t")), 8, 16)
		if err == nil {
			return int(mask)
		}
	}
	return setAndRestoreUmask()
}
