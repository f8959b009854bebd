package supervisor

import (
	"fmt"
	"syscall"

	"forever/internal/wire"
)

const (
	// ownDescriptors is how many a supervisor needs beside those of its
	// instances: its files and sockets, the clients of a busy moment, the state
	// file, a look at the processes.
	ownDescriptors = 40
	// streamDescriptors is what each stream costs: its pipe twice, for the pump and
	// for the day on which this process becomes the shim, and its log.
	streamDescriptors = 3
	// slotDescriptors is what an instance costs in the shim beyond that, and
	// for a share of a listener.
	slotDescriptors = 2
	// bindsDescriptors is what the reports of a program's binds cost, and
	// socketDescriptors each of its shared sockets: one to use, and one for the
	// day on which this process becomes the shim.
	bindsDescriptors  = 2
	socketDescriptors = 2
)

// room refuses a slot when this process would come near its limit of open
// files. Without a descriptor left it could neither serve nor be replaced, and
// one app too many would take all others out of reach.
func (s *Supervisor) room(in *instance) error {
	limit := descriptorLimit()
	if limit == 0 {
		return nil
	}
	need, slots := s.needed(in)
	if need+uint64(in.descriptors()) <= limit {
		return nil
	}
	return fmt.Errorf("the limit of %d open files leaves room for %d instances; raise it (ulimit -n), and restart all with forever kill: %w", limit, slots, syscall.EMFILE)
}

// needed is how many descriptors everything needs but one instance, and how many
// instances that are.
func (s *Supervisor) needed(except *instance) (need uint64, slots int) {
	need = ownDescriptors
	for _, a := range s.apps {
		for _, in := range a.all() {
			if in != except && in.opened {
				need += uint64(in.descriptors())
				slots++
			}
		}
	}
	return need, slots
}

// crowded: there is no room for n descriptors more.
func (s *Supervisor) crowded(n int) bool {
	need, _ := s.needed(nil)
	limit := descriptorLimit()
	return limit != 0 && need+uint64(n) > limit
}

// refuse answers a start in the place of the shim.
func (s *Supervisor) refuse(in *instance, why error) {
	s.post(func() {
		in.unborn = false
		in.fire(event{kind: SpawnFailed, msg: &wire.ShimMessage{Error: why.Error(), Errno: int(syscall.EMFILE)}})
		in.listenOn()
	})
}

func (in *instance) descriptors() int {
	n := slotDescriptors + streamDescriptors*len(in.app.streams(in.index))
	if in.app.shares() {
		n += bindsDescriptors + 2*socketDescriptors*len(in.app.groups)
	}
	return n
}
