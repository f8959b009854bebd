package api

import (
	"context"
	"net"
	"os"
	"time"
)

// conn is one connection of a client, good for one request and its answer.
// Its Read collects the descriptors that come along with the bytes.
type conn struct {
	net.Conn
	files []*os.File // what came and nobody took yet
}

func newConn(nc net.Conn) *conn { return &conn{Conn: nc} }

// take hands the collected descriptors to the caller, who closes them.
func (c *conn) take() []*os.File {
	files := c.files
	c.files = nil
	return files
}

// close ends the connection and closes the descriptors that nobody took.
func (c *conn) close() {
	c.Conn.Close()
	for _, f := range c.take() {
		f.Close()
	}
}

// send writes p within writeTimeout.
func (c *conn) send(p []byte) error {
	if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := c.Write(p)
	return err
}

// attend calls gone when the client hangs up. The request has been read before;
// what else the client sends is dropped. The returned stop ends this, and
// returns when the connection is no longer read.
func (c *conn) attend(gone context.CancelFunc) (stop func()) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		var sink [64]byte
		for {
			if _, err := c.Read(sink[:]); err != nil {
				gone()
				return
			}
		}
	}()
	return func() {
		c.interrupt()
		<-over
	}
}

// interrupt makes a Read that is waiting, and each one after it, fail.
func (c *conn) interrupt() {
	// An error says that the connection is closed, and then Read fails anyhow.
	_ = c.SetReadDeadline(time.Unix(1, 0))
}
