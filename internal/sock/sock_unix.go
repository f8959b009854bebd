//go:build unix

package sock

import (
	"os"
	"syscall"
)

// refused is how connect(2) answers where a socket has no listener.
const refused = syscall.ECONNREFUSED

// protect closes the socket to everybody else. Until then only the root
// folder's own mode does.
func protect(path string) error { return os.Chmod(path, 0o600) }
