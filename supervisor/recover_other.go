//go:build !linux

package supervisor

import (
	"errors"
	"fmt"

	"forever/internal/wire"
)

// recoverSpec fails: only Linux shows how a living process was started.
func recoverSpec(pid int, _ map[string]string) (wire.Spec, error) {
	return wire.Spec{}, fmt.Errorf("find how process %d was started: %w", pid, errors.ErrUnsupported)
}
