package pidfile

import (
	"errors"
	"fmt"
	"os"
)

// Load reads the state file. Where there is none, nothing has been saved yet,
// and the State is empty. A file that is damaged is an error of the type
// *DamagedError; the State is empty then too, and can be used. Any other error
// means that the file could not be read, or is another user's, and the State is nil.
//
// A file of a newer version is read as far as it is understood.
func Load(path string) (*State, error) { return system.load(path) }

func (c *calls) load(path string) (*State, error) {
	text, err := readOwn(path)
	if errors.Is(err, os.ErrNotExist) {
		return &State{Version: Version}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	s, err := decodeState(text)
	if err != nil {
		return &State{Version: Version}, c.damaged(path, text, err)
	}
	return s, nil
}

var errNoVersion = errors.New("no version: this is not a state file")

// decodeState reads the content of a state file. Its error knows the place.
func decodeState(text []byte) (*State, error) {
	if err := check(text); err != nil {
		return nil, err
	}
	s := new(State)
	if err := s.UnmarshalJSON(text); err != nil {
		return nil, err
	}
	if s.Version < 1 {
		return nil, within(errNoVersion, 0)
	}
	return s, nil
}
