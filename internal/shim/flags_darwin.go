package shim

// Darwin has neither flag: Go's runtime ignores SIGPIPE on other descriptors
// than 1 and 2, and close-on-exec is set right after.
const (
	sendFlags = 0
	recvFlags = 0
)
