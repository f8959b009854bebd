package supervisor

import (
	"errors"
	"fmt"
	"os"
)

// dupFile fails: no client can hand us its stdout and stderr, so that nothing
// is there to be duplicated.
func dupFile(f *os.File) (*os.File, error) {
	return nil, fmt.Errorf("duplicate %s: %w", f.Name(), errors.ErrUnsupported)
}
