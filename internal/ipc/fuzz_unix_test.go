//go:build unix

package ipc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"
)

// Whatever a program writes, in whatever pieces: each line is a message, Node's
// own, or malformed, and the channel goes on.
func FuzzReceive(f *testing.F) {
	f.Add([]byte("\"ready\"\n{\"cmd\":\"NODE_HANDLE\"}\n{\"cmd\":1}\n"), 3)
	f.Add([]byte("\n\n{\n\xff\n[[[[\n0"), 1)
	f.Add(bytes.Repeat([]byte("12345678"), 5000), 17)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		c, theirs := open(t)
		go func() {
			defer theirs.Close()
			for piece := range bytesInPieces(data, size) {
				theirs.Write(piece)
			}
		}()
		lines := bytes.Split(data, []byte("\n"))
		for _, line := range lines[:len(lines)-1] { // what is behind the last end is lost
			valid := json.Valid(line) && len(line) <= MaxMessage
			if valid && isInternal(command(line)) {
				continue
			}
			got, err := c.Receive()
			switch {
			case valid && (err != nil || !bytes.Equal(got, line)):
				t.Fatalf("received %.100q, %v; want %.100q", got, err, line)
			case !valid && !errors.Is(err, ErrMalformed):
				t.Fatalf("received %.100q, %v; %.100q is no message", got, err, line)
			}
		}
		expectError(t, c, io.EOF)
	})
}

func bytesInPieces(data []byte, size int) func(yield func([]byte) bool) {
	size = max(1, size%5000, len(data)/50)
	return func(yield func([]byte) bool) {
		for len(data) > 0 {
			n := min(size, len(data))
			if !yield(data[:n]) {
				return
			}
			data = data[n:]
		}
	}
}

// What Send accepts is one line, is not Node's own, and comes back as it was.
func FuzzFrame(f *testing.F) {
	f.Add([]byte(`{"cmd":"NODE_X"}`))
	f.Add([]byte("{\"a\":\r\n[1,\t\"\\n\"]}"))
	f.Fuzz(func(t *testing.T, msg []byte) {
		line, err := frame(msg)
		if err != nil {
			return
		}
		if bytes.IndexByte(line, '\n') != len(line)-1 {
			t.Fatalf("not one line: %q", line)
		}
		got, internal, err := parse(line[:len(line)-1])
		if err != nil || internal {
			t.Fatalf("%q became %q, which is internal: %v, %v", msg, line, internal, err)
		}
		var before, after any
		if json.Unmarshal(msg, &before) == nil && json.Unmarshal(got, &after) != nil {
			t.Fatalf("%q became %q", msg, got)
		}
	})
}
