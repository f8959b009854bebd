//go:build unix

package supervisor

import "golang.org/x/sys/unix"

// owns tells whether a process that spoke is the instance's own, and alive: its
// main one, or another one of that one's session or of the first one's, but none
// that has handed over. Who is not known is believed.
func (in *instance) owns(pid int) bool {
	if pid == 0 || pid == in.proc.PID {
		return true
	}
	if in.hasRetired(pid) {
		return false
	}
	sid, err := unix.Getsid(pid)
	if err != nil || sid == in.leader().PID {
		return err == nil
	}
	own, err := unix.Getsid(in.proc.PID)
	return err == nil && sid == own
}
