package pidfile

import (
	"bufio"
	"fmt"
	"io"
)

// Save writes the state file whole: whoever reads it finds what was there
// before or what is in s. On an error what was there before is still there,
// except where the error is that the folder could not be synced: then the new
// content is in place but may not outlive a power failure.
//
// s is not changed, and nobody may change it meanwhile. One process at a time
// saves; several would not damage the file, but undo each other's changes.
func Save(path string, s *State) error { return system.save(path, s) }

func (c *calls) save(path string, s *State) error {
	err := c.replace(path, 0o600, durable, func(w io.Writer) error {
		// The content is not built in memory first: with many apps it is large.
		e := encoder{w: bufio.NewWriterSize(w, 32<<10)}
		e.state(s)
		if e.err != nil {
			return e.err
		}
		return e.w.Flush()
	})
	if err != nil {
		return fmt.Errorf("save state: %w", err)
	}
	return nil
}
