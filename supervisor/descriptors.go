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
)

// room refuses a slot when this process would come near its limit of open
// files. Without a descriptor left it could neither serve nor be replaced, and
// one app too many would take all others out of reach.
func (s *Supervisor) room(in *instance) error {
	limit := descriptorLimit()
	if limit == 0 {
		return nil
	}
	need, slots := uint64(ownDescriptors+in.descriptors()), 0
	for _, a := range s.apps {
		for _, other := range a.instances {
			if other != in && other.opened {
				need += uint64(other.descriptors())
				slots++
			}
		}
	}
	if need <= limit {
		return nil
	}
	return fmt.Errorf("the limit of %d open files leaves room for %d instances; raise it (ulimit -n), and restart all with forever kill: %w", limit, slots, syscall.EMFILE)
}

// refuse answers a start in the place of the shim.
func (s *Supervisor) refuse(in *instance, why error) {
	s.post(func() {
		in.unborn = false
		in.fire(event{kind: SpawnFailed, msg: &wire.ShimMessage{Error: why.Error(), Errno: int(syscall.EMFILE)}})
	})
}

func (in *instance) descriptors() int {
	return slotDescriptors + streamDescriptors*len(in.app.streams(in.index))
}
