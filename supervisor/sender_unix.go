//go:build unix

package supervisor

import "golang.org/x/sys/unix"

// owns tells whether a process that spoke is the instance's own, and alive: the
// first or another one of its session. Who is not known is believed.
func (in *instance) owns(pid int) bool {
	if pid == 0 || pid == in.proc.PID {
		return true
	}
	sid, err := unix.Getsid(pid)
	return err == nil && sid == in.proc.PID
}
