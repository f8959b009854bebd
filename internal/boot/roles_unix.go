//go:build unix

package boot

import (
	"errors"
	"os"

	"forever/internal/shim"
	"forever/pidfile"
)

// readyFD is where a client that starts a shim waits to hear of it.
const readyFD = 3

// Shim is the life of the shim of a root. It has no use for the version: that
// of the supervisor, which is another process, counts.
func Shim(args []string, _ string) error {
	if len(args) != 1 {
		return errArguments
	}
	err := shim.Run(args[0], os.NewFile(readyFD, "ready"))
	if errors.Is(err, pidfile.ErrLocked) {
		return nil // the client was told, and goes to who holds the root
	}
	return err
}

// Adopt is the life of a shim that goes on from another one's inventory.
func Adopt(args []string) error {
	if len(args) != 2 { // the root is there for those who look at processes
		return errArguments
	}
	return shim.Adopt(args[1])
}
