package listener

import "golang.org/x/sys/unix"

// mostHeard bounds what is remembered of sockets that are never bound.
const mostHeard = 256

// hear notes what a program sets IPV6_V6ONLY to. It is told of that only where its
// sockets cannot be looked at when it binds them.
func (a *Answerer) hear(fd int, n *notification) {
	const size = 4 // of an int
	if n.data.args[4] < size {
		return
	}
	value, err := a.peek(int(n.pid), uintptr(n.data.args[3]), size)
	inode := inodeOf(int(n.pid), int(int32(n.data.args[0])))
	if err != nil || inode == "" || !n.valid(fd) {
		return
	}
	if a.v6Only == nil || len(a.v6Only) >= mostHeard {
		a.v6Only = map[string][]byte{}
	}
	a.v6Only[inode] = value
}

// heard are the options that were noted of the socket that is bound; nil: none.
func (a *Answerer) heard(b *Bind) *Options {
	inode := inodeOf(b.PID, b.FD)
	value, ok := a.v6Only[inode]
	if !ok {
		return nil
	}
	delete(a.v6Only, inode) // another socket may have the number next
	return &Options{set: []option{{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, value}}}
}
