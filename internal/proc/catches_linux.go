package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Catches tells whether a process has a handler for sig (SigCgt of
// proc_pid_status(5)). When in doubt it says no.
func Catches(pid int, sig syscall.Signal) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(data)) {
		if hex, ok := strings.CutPrefix(line, "SigCgt:"); ok {
			mask, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
			return err == nil && sig > 0 && mask>>(sig-1)&1 != 0
		}
	}
	return false
}
