package boot

import (
	"errors"

	"forever/internal/shim"
)

// The first arguments that make the binary a background process.
const (
	ShimRole       = shim.Role
	AdoptRole      = shim.AdoptRole
	SupervisorRole = shim.SupervisorRole
)

var errArguments = errors.New("a background process is started by forever itself; see forever help start")
