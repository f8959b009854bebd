package main

import "net"

// listen has the port args[1] of 127.0.0.1, and does nothing with it.
func listen(args []string) error {
	l, err := net.Listen("tcp4", "127.0.0.1:"+args[1])
	if err != nil {
		return err
	}
	defer l.Close()
	if err := report(args[0], "up"); err != nil {
		return err
	}
	return rest()
}
