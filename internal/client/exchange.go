package client

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"forever/internal/wire"
)

// answerTimeout is how long a supervisor may take to read a request and begin to answer.
// It answers at once what it carries out for minutes; but it may have to be
// started first, on a busy machine.
const answerTimeout = 30 * time.Second

// maxRefusal bounds the body of a refused request.
const maxRefusal = 1 << 20

// exchange sends k and returns the body of the answer, which goes on to the
// end of the connection. A refusal is a *wire.Error.
func exchange(conn *net.UnixConn, k *call) (io.Reader, error) {
	if err := conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return nil, broken{err}
	}
	sent := send(conn, k)
	in := bufio.NewReaderSize(conn, 4<<10)
	status, err := readHead(in)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fmt.Errorf("the supervisor does not answer within %v", answerTimeout)
	case err != nil && sent != nil:
		return nil, broken{sent} // it comes first, and says more
	case err != nil:
		return nil, err
	case status != 200:
		return nil, refused(status, in)
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, broken{err}
	}
	return in, nil
}

// send writes the request, its streams along with the first bytes.
func send(conn *net.UnixConn, k *call) error {
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: forever\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		k.method, k.path, len(k.body))
	if err := writeWith(conn, []byte(head), k.streams); err != nil {
		return fmt.Errorf("ask the supervisor: %w", err)
	}
	if _, err := conn.Write(k.body); err != nil {
		return fmt.Errorf("ask the supervisor: %w", err)
	}
	return nil
}

// readHead reads the status line and skips the header. An error is broken
// where the connection ended, else the answer is no HTTP.
func readHead(in *bufio.Reader) (status int, err error) {
	line, err := readLine(in)
	if err != nil {
		return 0, err
	}
	version, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	status, err = strconv.Atoi(code)
	if err != nil || !strings.HasPrefix(version, "HTTP/1.") {
		return 0, fmt.Errorf("what serves the control socket is no forever: it answers %.80q", line)
	}
	for line != "" {
		if line, err = readLine(in); err != nil {
			return 0, err
		}
	}
	return status, nil
}

// readLine reads one line of a head, without its end.
func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return "", cut(err)
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// refused reads why a request was not carried out.
func refused(status int, body io.Reader) error {
	var answer struct {
		Error *wire.Error `json:"error"`
	}
	err := json.NewDecoder(io.LimitReader(body, maxRefusal)).Decode(&answer)
	switch {
	case err == nil && answer.Error != nil:
		return answer.Error
	case err != nil && ended(err):
		return broken{err}
	}
	return fmt.Errorf("the supervisor refuses with HTTP status %d and no word", status)
}

// cut is the error of an answer that cannot be read on: broken where the
// connection ended, else err itself.
func cut(err error) error {
	if ended(err) {
		return broken{fmt.Errorf("the supervisor's answer ends early: %w", err)}
	}
	return err
}

// ended tells whether err comes from the connection, not from what was said.
func ended(err error) bool {
	var n *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &n)
}
