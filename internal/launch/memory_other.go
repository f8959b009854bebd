//go:build unix && !linux

package launch

import (
	"fmt"
	"os"
)

// SelfExe is this binary as it was found at its start.
var SelfExe, _ = os.Executable()

// Memory returns a file without a name that holds data, at its beginning.
func Memory(data []byte) (*os.File, error) {
	f, err := os.CreateTemp("", "forever")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, fmt.Errorf("unlink a temporary file: %w", err)
	}
	if _, err := f.WriteAt(data, 0); err != nil {
		f.Close()
		return nil, fmt.Errorf("write a temporary file: %w", err)
	}
	return f, nil
}
