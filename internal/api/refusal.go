package api

import (
	"fmt"

	"forever/internal/wire"
)

// The statuses that are answered: RFC 9110.
const (
	statusOK             = 200
	statusBadRequest     = 400
	statusForbidden      = 403
	statusNotFound       = 404
	statusNotAllowed     = 405
	statusLengthRequired = 411
	statusTooLarge       = 413
	statusHeadTooLarge   = 431
)

func statusText(status int) string {
	switch status {
	case statusOK:
		return "OK"
	case statusForbidden:
		return "Forbidden"
	case statusNotFound:
		return "Not Found"
	case statusNotAllowed:
		return "Method Not Allowed"
	case statusLengthRequired:
		return "Length Required"
	case statusTooLarge:
		return "Content Too Large"
	case statusHeadTooLarge:
		return "Request Header Fields Too Large"
	default:
		return "Bad Request"
	}
}

// refusal is a request that is not carried out, and the status that says so.
type refusal struct {
	status int
	allow  string // the method that would do, for statusNotAllowed
	what   wire.Error
}

func (r *refusal) Error() string { return r.what.Message }

// refusef is a refusal with wire.CodeUsage.
func refusef(status int, format string, args ...any) *refusal {
	return &refusal{
		status: status,
		what:   wire.Error{Code: wire.CodeUsage, Message: fmt.Sprintf(format, args...)},
	}
}

// hint adds what to do.
func (r *refusal) hint(text string) *refusal {
	r.what.Hint = text
	return r
}
