package probe

import (
	"errors"
	"fmt"
	"os"
)

var errNoNotify = fmt.Errorf("notifications: %w", errors.ErrUnsupported)

// MostQueued is of no use here.
const MostQueued = 1

// Notify does not exist here: Windows has no datagrams on unix sockets.
type Notify struct{}

// ListenNotify always fails, with an error that wraps errors.ErrUnsupported.
func ListenNotify(string) (*Notify, error) { return nil, errNoNotify }

// OpenNotify fails as ListenNotify does.
func OpenNotify(*os.File) (*Notify, error) { return nil, errNoNotify }

// RemoveNotify has nothing to remove.
func RemoveNotify(string) error { return nil }

// Addr is empty.
func (*Notify) Addr() string { return "" }

// File fails as ListenNotify does.
func (*Notify) File() (*os.File, error) { return nil, errNoNotify }

// Trust does nothing.
func (*Notify) Trust(uint32) {}

// Wait fails as ListenNotify does.
func (*Notify) Wait() error { return errNoNotify }

// Next has nothing to return.
func (*Notify) Next() (Message, bool) { return Message{}, false }

// Close fails as ListenNotify does.
func (*Notify) Close() error { return errNoNotify }
