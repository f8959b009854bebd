package api

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"

	"forever/internal/wire"
)

// decode reads the body of r, one JSON object without unknown fields, into v.
func decode(c *conn, r *request, v any) error {
	if r.expects {
		if err := c.send([]byte("HTTP/1.1 100 Continue\r\n\r\n")); err != nil {
			return err
		}
	}
	d := json.NewDecoder(r.body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return badBody(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return refusef(statusBadRequest, "the body goes on after its JSON object")
	}
	wire.Restore(v)
	return nil
}

// decodeOptional is decode for a request that may come without a body.
func decodeOptional(c *conn, r *request, v any) error {
	if r.length == 0 {
		return nil
	}
	return decode(c, r, v)
}

func badBody(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return refusef(statusBadRequest, "the request has no body; a JSON object belongs there")
	case isNetwork(err):
		return err
	}
	text := strings.TrimPrefix(err.Error(), "json: ")
	r := refusef(statusBadRequest, "the body is not the JSON that belongs there: %s", text)
	if strings.HasPrefix(text, "unknown field") {
		r.hint("forever update")
	}
	return r
}

// isNetwork tells whether reading a body failed for the connection's sake.
func isNetwork(err error) bool {
	var n net.Error
	return errors.As(err, &n) || errors.Is(err, net.ErrClosed)
}
