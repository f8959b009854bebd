package api

// Read is that of net.Conn: descriptors cannot be sent along here.
func (c *conn) Read(p []byte) (int, error) { return c.Conn.Read(p) }
