package supervisor

import (
	"fmt"

	"forever/internal/proc"
	"forever/internal/wire"
)

// adoptLeftovers finds the instances that live on after their supervisor has
// died, by the PIDs and start times of the state file: no process shows its
// environment here. The pipes they write to ended with that supervisor.
func (s *Supervisor) adoptLeftovers(held map[string]*wire.ShimMessage) {
	for _, a := range s.apps {
		for _, in := range a.instances {
			if !in.proc.Alive() {
				continue
			}
			answer, err := s.adopt(in, proc.Entry{PID: in.proc.PID, Start: in.proc.Start})
			if err != nil {
				s.logf("adopt process %d of %s: %v", in.proc.PID, in.label(), err)
				continue
			}
			in.note = fmt.Sprintf("process %d was left behind by a supervisor that died; what it prints is lost until it is restarted", in.proc.PID)
			s.logf("%s: %s", in.label(), in.note)
			held[in.slot] = answer
		}
	}
}
