package proc

import (
	"bytes"
	"os"
	"strconv"
)

// OOMKills is how many processes the kernel has killed since boot because
// memory had run out (oom_kill in /proc/vmstat, Linux 4.13), for lack of it in
// the machine or in a control group. ok is false where it does not tell. A
// SIGKILL between two different answers may have been such a one.
func OOMKills() (n uint64, ok bool) {
	stat, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0, false
	}
	return parseOOMKills(stat)
}

func parseOOMKills(vmstat []byte) (uint64, bool) {
	_, rest, _ := bytes.Cut(vmstat, []byte("\noom_kill "))
	value, _, _ := bytes.Cut(rest, []byte{'\n'})
	n, err := strconv.ParseUint(string(value), 10, 64)
	return n, err == nil
}
