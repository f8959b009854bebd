package ipc

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

var errUnsupported = fmt.Errorf("a message channel: %w", errors.ErrUnsupported)

// Pair cannot be had here: Node's channel is a named pipe on Windows.
func Pair() (ours, theirs *os.File, err error) { return nil, nil, errUnsupported }

// Channel does not exist here; see [Pair].
type Channel struct{}

// NewChannel always fails, with an error that wraps errors.ErrUnsupported.
func NewChannel(*os.File) (*Channel, error) { return nil, errUnsupported }

// Send fails as NewChannel does.
func (*Channel) Send(json.RawMessage) error { return errUnsupported }

// Receive fails as NewChannel does.
func (*Channel) Receive() (json.RawMessage, error) { return nil, errUnsupported }

// Disconnect fails as NewChannel does.
func (*Channel) Disconnect() error { return errUnsupported }

// Close fails as NewChannel does.
func (*Channel) Close() error { return errUnsupported }
