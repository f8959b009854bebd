//go:build unix && !linux

package launch

import "errors"

// reportBinds: only Linux reports system calls.
func reportBinds(bool) (int, error) {
	return -1, errors.New("this system does not report a program's system calls")
}
