// Package ipc speaks the message channel that Node gives to the children of
// child_process.fork: process.send, process.on('message'), process.disconnect.
//
// The channel is a socketpair whose one end the program inherits; two variables
// tell it which descriptor that is. A message is one line of JSON. A program in
// another language can use it as well: it reads and writes lines.
//
// Nothing here starts a process. Whoever does makes a [Pair], lets the program
// inherit one end, with [Env] in its environment, and wraps the other in a
// [Channel].
package ipc

import (
	"errors"
	"strconv"
)

// The variables that tell a program of its channel. Whoever sets them removes
// those that were inherited, and whoever gives no channel removes them too: a
// Node program that is told of a descriptor which is no channel ends at once.
const (
	VarFD            = "NODE_CHANNEL_FD"
	VarSerialization = "NODE_CHANNEL_SERIALIZATION_MODE"
)

// Env is what a program needs in its environment to find its channel at fd.
func Env(fd int) []string {
	return []string{VarFD + "=" + strconv.Itoa(fd), VarSerialization + "=json"}
}

// The messages that PM2's users know, as they stand on the channel: a program
// says that it is ready, and is asked to end.
const (
	Ready    = `"ready"`
	Shutdown = `"shutdown"`
)

// MaxMessage is the longest message in either direction, in bytes of JSON.
const MaxMessage = 1 << 20

// What may be wrong with a message, or with the other side.
var (
	// ErrMalformed is what Receive returns for a line that is no message. It
	// has been skipped; the channel goes on.
	ErrMalformed = errors.New("no message")
	// ErrUnsendable is what Send returns for what may not be sent as a message.
	ErrUnsendable = errors.New("cannot be sent as a message")
	// ErrBusy is what Send returns when the program reads too slowly, or not at
	// all, and too much waits for it already.
	ErrBusy = errors.New("the program does not read its messages")
	// ErrDisconnected is what Send returns when the program has closed its end.
	ErrDisconnected = errors.New("the program has closed its channel")
)
