package probe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// net/http would answer the same question and keep two megabytes resident in
// every supervisor.

const (
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 64 << 10
	// lingering is how long the rest of an answer is waited for. A server that
	// is cut off in the middle of one would log an error for each probe.
	lingering = 250 * time.Millisecond
)

// ask sends a GET on conn and returns nil when the answer is 2xx or 3xx.
func (t target) ask(ctx context.Context, conn net.Conn) error {
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	request := "GET " + t.path + " HTTP/1.1\r\nHost: " + t.name() +
		"\r\nUser-Agent: forever\r\nAccept: */*\r\nConnection: close\r\n\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		return err
	}
	answer := bufio.NewReader(io.LimitReader(conn, maxAnswer))
	status, err := readStatus(answer)
	if err != nil {
		return err
	}
	conn.SetReadDeadline(time.Now().Add(lingering))
	answer.Discard(maxAnswer) // an error means that there is no more
	if status < 200 || status > 399 {
		return fmt.Errorf("answered %d", status)
	}
	return nil
}

// readStatus reads up to the status of the final answer, past those that only
// announce one (100 Continue, 103 Early Hints).
func readStatus(r *bufio.Reader) (int, error) {
	for {
		line, err := readLine(r)
		if err != nil {
			return 0, err
		}
		status, ok := parseStatus(line)
		if !ok {
			return 0, errNotHTTP
		}
		if status >= 200 || status == 101 {
			return status, nil
		}
		for len(line) > 0 {
			if line, err = readLine(r); err != nil {
				return 0, err
			}
		}
	}
}

var errNotHTTP = errors.New("the answer is not HTTP/1")

// readLine returns the next line without its end. It is valid until the next call.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, errNotHTTP
	case errors.Is(err, io.EOF):
		return nil, errors.New("the connection was closed without an answer")
	case err != nil:
		return nil, err
	}
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, nil
}

// parseStatus takes the status out of "HTTP/1.1 200 OK".
func parseStatus(line []byte) (status int, ok bool) {
	const before = "HTTP/1.x "
	digits := len(before) + 3
	if len(line) < digits || string(line[:7]) != "HTTP/1." || line[8] != ' ' {
		return 0, false
	}
	if len(line) > digits && line[digits] != ' ' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(line[len(before):digits]), 10, 16)
	return int(n), err == nil && n >= 100
}
