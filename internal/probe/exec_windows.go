package probe

import (
	"context"
	"errors"
	"fmt"
)

const canRun = false

// run is not to be had here: a command could not be ended with all it started.
func run(context.Context, string, Subject) error {
	return fmt.Errorf("a command as a health check: %w", errors.ErrUnsupported)
}
