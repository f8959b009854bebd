package api

import "net"

// allowed leaves it to the access list of the root folder who may connect: a
// socket does not tell its peer's user here.
func allowed(net.Conn) error { return nil }
