//go:build unix

package ipc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// internalPrefix begins the command of a message that belongs to Node's own
// library; what follows it makes it one.
const internalPrefix = "NODE_"

// parse reads one line. internal: the message is not for users.
func parse(line []byte) (msg json.RawMessage, internal bool, err error) {
	if !json.Valid(line) {
		return nil, false, fmt.Errorf("%w: %d bytes that are not JSON", ErrMalformed, len(line))
	}
	return line, isInternal(command(line)), nil
}

// frame makes the line that carries msg.
func frame(msg json.RawMessage) ([]byte, error) {
	var line bytes.Buffer
	if err := json.Compact(&line, msg); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsendable, err)
	}
	if line.Len() > MaxMessage {
		return nil, fmt.Errorf("%w: %d bytes, more than %d", ErrUnsendable, line.Len(), MaxMessage)
	}
	if cmd := command(line.Bytes()); isInternal(cmd) {
		return nil, fmt.Errorf("%w: Node keeps the command %s to itself", ErrUnsendable, cmd)
	}
	line.WriteByte('\n')
	return line.Bytes(), nil
}

func isInternal(cmd string) bool {
	return strings.HasPrefix(cmd, internalPrefix) && len(cmd) > len(internalPrefix)
}

// command is the string under "cmd" of a message that is an object, or empty.
// A map is asked, since a struct's field would also answer to "CMD".
func command(msg []byte) (cmd string) {
	msg = bytes.TrimLeft(msg, " \t\r\n")
	if len(msg) == 0 || msg[0] != '{' {
		return ""
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(msg, &fields) != nil || json.Unmarshal(fields["cmd"], &cmd) != nil {
		return ""
	}
	return cmd
}
