package supervisor

import (
	"fmt"

	"forever/internal/wire"
)

// adoptLeftovers finds the instances that live on after their supervisor has
// died. No process shows its environment here, so the state file is all there
// is. The pipes they write to ended with that supervisor.
func (s *Supervisor) adoptLeftovers(held map[string]*wire.ShimMessage) {
	for _, in := range s.adoptRecorded(held) {
		in.note = fmt.Sprintf("process %d was left behind by a supervisor that died; what it prints is lost until it is restarted", in.proc.PID)
	}
}
