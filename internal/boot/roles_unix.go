//go:build unix

package boot

import (
	"errors"
	"os"

	"forever/internal/shim"
)

// The first arguments that make the binary a background process.
const (
	ShimRole       = shim.Role
	AdoptRole      = shim.AdoptRole
	SupervisorRole = shim.SupervisorRole
)

var errArguments = errors.New("a background process is started by forever itself; see forever help start")

// readyFD is where a client that starts a shim waits to hear of it.
const readyFD = 3

// Shim is the life of the shim of a root.
func Shim(args []string) error {
	if len(args) != 1 {
		return errArguments
	}
	return shim.Run(args[0], os.NewFile(readyFD, "ready"))
}

// Adopt is the life of a shim that goes on from another one's inventory.
func Adopt(args []string) error {
	if len(args) != 1 {
		return errArguments
	}
	return shim.Adopt(args[0])
}
