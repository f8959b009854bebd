package logs

import (
	"errors"
	"os"
)

// pathless takes the file names out of an error that is put beside one.
func pathless(err error) error {
	var closed *SinkError
	var link *os.LinkError
	var path *os.PathError
	switch {
	case errors.As(err, &closed):
		return pathless(closed.Err)
	case errors.As(err, &link):
		return link.Err
	case errors.As(err, &path):
		return path.Err
	}
	return err
}
