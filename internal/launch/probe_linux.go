package launch

import (
	"golang.org/x/sys/unix"

	"forever/internal/proc"
)

// CanReport tells why the binds of programs cannot be reported on this system; nil:
// they can. It tries, on a thread that is given up then.
func CanReport() (err error) {
	proc.OnThread(func() {
		var fd int
		if fd, err = reportBinds(false); err == nil {
			unix.Close(fd)
		}
	})
	return err
}
