package proc

import (
	"bytes"
	"fmt"
	"iter"
)

// Environ is the environment that the process was executed with, as "K=V"
// strings; a zombie has none. A program that writes over that memory to change
// its title damages it. The error wraps os.ErrProcessDone when nobody has the
// PID, fs.ErrPermission when the process belongs to another user or has made
// itself undumpable (proc_pid_environ(5)), and errors.ErrUnsupported on Windows.
func Environ(pid int) ([]string, error) {
	var r environReader
	block, err := r.read(pid)
	if err != nil {
		return nil, fmt.Errorf("environment of process %d: %w", pid, err)
	}
	var env []string
	for v := range splitEnviron(block) {
		env = append(env, string(v))
	}
	return env, nil
}

// splitEnviron goes over the strings of an environment block. They share its
// memory.
func splitEnviron(block []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(block) > 0 {
			var v []byte
			v, block, _ = bytes.Cut(block, []byte{0})
			if len(v) > 0 && !yield(v) {
				return
			}
		}
	}
}
