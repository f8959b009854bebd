package supervisor

import (
	"errors"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"forever/internal/listener"
)

// mostOwn is how many unix sockets of an app may each have been bound by one
// instance alone. A program that makes them with names of their own, one after the
// other, is left alone beyond that.
const mostOwn = 16

var errTooMany = errors.New("too many unix sockets that nobody shares")

// unixGroup returns the group of a unix-domain address, with its file in place,
// which the program may just have unlinked; g is nil if it has to be made.
func (s *Supervisor) unixGroup(a *app, g *group, b *listener.Bind) (*group, error) {
	before := g
	if g != nil {
		err := s.restoreFile(a, g)
		if !errors.Is(err, os.ErrNotExist) {
			return g, err
		}
		s.abandon(a, g) // the folder was removed and made anew, with both names
	}
	own := 0
	for _, g := range a.groups {
		if g.IsUnix() && len(g.served) < 2 {
			own++
		}
	}
	if own >= mostOwn || s.crowded(socketDescriptors) {
		return nil, errTooMany
	}
	g = newGroup(b.Address)
	if before != nil {
		g.served, g.lives = before.served, before.lives
	}
	fd, err := listener.OpenUnix(b, a.keepName(g))
	if err != nil {
		return nil, err
	}
	g.put(0, fd, 0)
	s.keep(a, g, 0)
	a.groups = append(a.groups, g)
	s.watchFile(a, g)
	return g, nil
}

// keepName is the second name of a unix socket's file.
func (a *app) keepName(g *group) string { return listener.KeepName(g.Path, a.uid) }

// watchFile has the file of a unix socket keep its name when one of the instances
// removes it, as programs do when they end.
func (s *Supervisor) watchFile(a *app, g *group) {
	if !g.IsFile() || g.stop != nil {
		return
	}
	a.expectRemovals()
	var err error
	if s.names == nil {
		s.names, err = listener.NewNames()
	}
	if err == nil {
		g.stop, err = s.names.Watch(a.keepName(g), func() {
			s.post(func() { s.nameChanged(a, g) })
		})
	}
	if err != nil {
		s.logf("%s: %v", a.spec.Name, err)
	}
}

// expectRemovals has what the app's next processes remove reported too: the path of
// a socket is then never away, not even for a moment. That costs each removal of a
// file two switches between processes, so that only those of an app that has bound
// a path are.
func (a *app) expectRemovals() {
	if a.files {
		return
	}
	a.files = true
	for _, in := range a.all() {
		in.planned = false
	}
}

// nameChanged: the file of a unix socket may have been removed.
func (s *Supervisor) nameChanged(a *app, g *group) {
	switch {
	case !slices.Contains(a.groups, g):
	case a.wantsFile(g):
		if err := s.restoreFile(a, g); err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.EADDRINUSE) {
			s.logf("%s: %v", a.spec.Name, err)
		}
	default:
		s.missFile(a, g)
	}
}

// missFile lets go of a unix socket whose program has removed its file and lives on
// without it: it was for a while only.
func (s *Supervisor) missFile(a *app, g *group) {
	if g.gone || !listener.IsAway(g.Path) {
		return
	}
	g.gone = true
	s.clock.AfterFunc(a.instances[0].listenTimeout(), func() {
		s.post(func() {
			g.gone = false
			if slices.Contains(a.groups, g) && !a.wantsFile(g) && listener.IsAway(g.Path) {
				s.abandon(a, g)
			}
		})
	})
}

// abandon forgets a unix socket that nobody can connect to any more. The programs
// keep theirs.
func (s *Supervisor) abandon(a *app, g *group) {
	s.dropFile(a, g)
	for place, fd := range g.fds {
		s.shimError(s.shim.Drop(a.socketName(g, place)))
		unix.Close(fd)
	}
	g.fds, g.at = nil, nil
	a.groups = slices.DeleteFunc(a.groups, func(o *group) bool { return o == g })
	a.unbind(g)
}

// wantsFile: somebody listens there who is to stay, or to be followed by another.
func (a *app) wantsFile(g *group) bool {
	return slices.ContainsFunc(a.all(), func(in *instance) bool {
		return in.listens(g) && in.stays() && (a.isCommon(g) || a.spec.Instances == 1 && in.state == Stopping)
	})
}

// isCommon: a unix socket is the app's. Where an app has several instances of which
// one alone has bound the address, it is that one's own, and what it removes is to
// be gone. So is what the only instance has bound in this life alone, while it lives.
func (a *app) isCommon(g *group) bool {
	return len(g.served) > 1 || a.spec.Instances == 1 && g.lives > 1
}

// stays: the instance's place will have a process for longer.
func (in *instance) stays() bool {
	again := in.state == Stopping && in.after == afterStart
	return !in.former && !in.leaving && (in.state == Online || in.state == Starting || again)
}

// keepsFile tells whether a file stays that an instance's process removes: one that
// others listen on, or that is in the way of its own bind.
func (a *app) keepsFile(in *instance, r *listener.Removal) bool {
	return slices.ContainsFunc(a.groups, func(g *group) bool {
		switch keep := a.keepName(g); {
		case !g.IsFile():
			return false
		case r.Of(keep, keep):
			g.unname(keep)
			return false
		case !a.wantsFile(g) && !(a.isCommon(g) && g.served[in.index] && in.stays()):
			return false
		default:
			kept := r.Of(g.Path, keep)
			g.feigned = g.feigned || kept
			return kept
		}
	})
}

// unname: a program removes the second name of a unix socket, and so all that there is
// in the folder. If it has been told that the path is gone, it is to be gone.
func (g *group) unname(keep string) {
	if g.stop != nil {
		g.stop()
		g.stop = nil
	}
	if g.feigned {
		listener.RemovePath(g.Path, keep)
	}
}

// restoreFile gives the file of a unix socket its name back. os.ErrNotExist: it has
// no other one any more; EADDRINUSE: another file has the name.
func (s *Supervisor) restoreFile(a *app, g *group) error {
	if !g.IsFile() {
		return nil
	}
	return listener.Restore(g.Path, a.keepName(g))
}

// dropFile removes the file of a unix socket that nobody is to connect to any more.
func (s *Supervisor) dropFile(a *app, g *group) {
	if !g.IsFile() {
		return
	}
	if g.stop != nil {
		g.stop()
	}
	listener.RemoveFile(g.Path, a.keepName(g))
}

// dropOwn drops the unix sockets that were this instance's alone, when its process
// has ended: their names may have been of that process. The only instance of an app
// keeps what it has bound, for its next process.
//
// A file that the process has removed is put back here too, so that it is there when
// the end of the process is told; the kernel tells of the removal when it likes.
func (s *Supervisor) dropOwn(in *instance) {
	a := in.app
	for _, g := range slices.Clone(a.groups) {
		own := g.IsUnix() && len(g.served) == 1 && g.served[in.index]
		switch {
		case !own || slices.ContainsFunc(a.all(), func(o *instance) bool { return o != in && o.listens(g) }):
			if g.IsFile() {
				s.nameChanged(a, g)
			}
		case a.spec.Instances > 1 || !in.listens(g):
			s.dropGroup(a, g)
			a.groups = slices.DeleteFunc(a.groups, func(o *group) bool { return o == g })
		case in.after != afterStop && errors.Is(s.restoreFile(a, g), os.ErrNotExist): // it may have removed it as it ended
			s.abandon(a, g)
		}
	}
}
