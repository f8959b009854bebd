//go:build unix

package api

import (
	"fmt"
	"net"
	"os"

	"forever/internal/proc"
	"forever/internal/wire"
)

// allowed refuses the connection of another user. Root may always ask.
func allowed(nc net.Conn) error {
	uc, ok := nc.(*net.UnixConn)
	if !ok {
		return forbidden("the control socket serves local processes only")
	}
	uid, pid, err := proc.PeerUID(uc)
	if err != nil {
		return forbidden(fmt.Sprintf("the caller's user cannot be known: %v", err))
	}
	if self := os.Geteuid(); uid != 0 && int(uid) != self {
		return forbidden(fmt.Sprintf("process %d belongs to user %d; this forever serves user %d", pid, uid, self))
	}
	return nil
}

func forbidden(message string) *refusal {
	return &refusal{status: statusForbidden, what: wire.Error{Code: wire.CodeUsage, Message: message}}
}
