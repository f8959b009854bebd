package boot

import (
	"errors"
	"fmt"
	"os"

	"forever/internal/shim"
	"forever/internal/weight"
)

// Shim is the life of the one background process that a root has here: a
// supervisor that holds its programs itself.
func Shim(args []string, version string) error {
	if len(args) != 1 {
		return errArguments
	}
	weight.Bound()
	root := args[0]
	// The folder of whoever started it must not be kept busy.
	if err := os.Chdir(root); err != nil {
		return fmt.Errorf("enter the root folder: %w", err)
	}
	return runSingle(root, version, shim.NewHolder(shim.Windows{}))
}

// errRole: see Shim.
var errRole = errors.New("there is no such process on Windows: one supervisor holds the programs itself")

// Adopt fails: nothing can be handed from one process to another.
func Adopt([]string) error { return errRole }

// Supervisor fails: it is part of Shim.
func Supervisor([]string, string) error { return errRole }
