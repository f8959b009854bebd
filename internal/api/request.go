package api

import (
	"bufio"
	"errors"
	"io"
	"math"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
)

const (
	// maxHead bounds the request line and the header together.
	maxHead = 16 << 10
	// maxBody bounds a body: specs carry whole environments.
	maxBody = 64 << 20
)

// request is what a client asks. net/http would read more dialects of HTTP;
// it would also more than double the resident memory of the process, for one
// request per connection between programs of one user.
type request struct {
	method  string
	url     *url.URL
	body    io.Reader // exactly the body, never nil
	length  int64     // of body
	expects bool      // the client sends the body when it is told to go on
}

// readRequest reads the head of a request from c and leaves its body to be
// read. A *refusal says what is wrong with it; any other error means that the
// client is gone, or too slow, and there is nobody to answer.
func readRequest(c *conn) (*request, error) {
	limited := &io.LimitedReader{R: c, N: maxHead}
	buffered := bufio.NewReaderSize(limited, 2<<10)
	r, err := readHead(textproto.NewReader(buffered))
	if err != nil {
		if limited.N <= 0 {
			return nil, refusef(statusHeadTooLarge, "the head of the request is longer than %d bytes", maxHead)
		}
		return nil, err
	}
	limited.N = math.MaxInt64 // from here on the body's own length is the bound
	r.body = io.LimitReader(buffered, r.length)
	return r, nil
}

// readHead reads the request line and the header.
func readHead(in *textproto.Reader) (*request, error) {
	line, err := in.ReadLine()
	if err != nil {
		return nil, err
	}
	r, err := parseLine(line)
	if err != nil {
		return nil, err
	}
	header, err := in.ReadMIMEHeader()
	if err != nil {
		if broken := textproto.ProtocolError(""); errors.As(err, &broken) {
			return nil, refusef(statusBadRequest, "the header cannot be read: %s", broken)
		}
		return nil, err
	}
	r.expects = strings.EqualFold(header.Get("Expect"), "100-continue")
	r.length, err = bodyLength(header)
	return r, err
}

// parseLine reads "POST /v1/stop HTTP/1.1".
func parseLine(line string) (*request, error) {
	method, rest, _ := strings.Cut(line, " ")
	target, version, ok := strings.Cut(rest, " ")
	if !ok || method == "" || (version != "HTTP/1.1" && version != "HTTP/1.0") {
		return nil, refusef(statusBadRequest, "not a request of HTTP/1.1: %.80q", line)
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, refusef(statusBadRequest, "not a path: %.80q", target)
	}
	return &request{method: method, url: u}, nil
}

// bodyLength is how many bytes of body follow the header.
func bodyLength(header textproto.MIMEHeader) (int64, error) {
	if header.Get("Transfer-Encoding") != "" {
		return 0, refusef(statusLengthRequired, "a body needs a Content-Length; transfer encodings are not read")
	}
	values := header["Content-Length"]
	if len(values) == 0 {
		return 0, nil
	}
	n, err := strconv.ParseUint(values[0], 10, 63)
	if err != nil || len(values) > 1 {
		return 0, refusef(statusBadRequest, "Content-Length is not one number: %.80q", strings.Join(values, ", "))
	}
	if n > maxBody {
		return 0, refusef(statusTooLarge, "the body has %d bytes; at most %d are read", n, int64(maxBody))
	}
	return int64(n), nil
}
