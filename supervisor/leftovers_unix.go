//go:build unix

package supervisor

import (
	"forever/internal/proc"
	"forever/internal/who"
	"forever/internal/wire"
)

// adoptLeftovers finds the instances that live on although this shim does not
// hold them: since both forever processes have died, or since the shim before
// it has died before it could tell that it had started one. They are known by the
// state file, and by the environment that each process of ours has unless it
// wrote its title over it. The shim is told to hold them.
func (s *Supervisor) adoptLeftovers(held map[string]*wire.ShimMessage) {
	s.adoptRecorded(held)
	table, err := proc.Snapshot()
	if err != nil {
		s.logf("look for leftovers: %v", err)
		return
	}
	for _, m := range proc.Marked(table, []string{"FOREVER_ROOT=" + s.root}) {
		slot := m.Env["FOREVER_SLOT"]
		if slot == "" { // started by a version that had no reload
			slot = m.Env["FOREVER_UID"] + ":" + m.Env["FOREVER_INSTANCE"]
		}
		if m.Env[varCheck] != "" || m.PID != m.SID || held[slot] != nil && held[slot].PID != 0 {
			continue // not the first process of an instance
		}
		in := s.lifeAt(slot)
		if in == nil {
			in = s.recover(m.PID, m.Env)
		}
		if in == nil {
			continue
		}
		answer, err := s.adopt(in, m.Entry)
		if err != nil {
			s.logf("adopt process %d of %s: %v", m.PID, in.label(), err)
			continue
		}
		s.logf("%s: adopted process %d", in.label(), m.PID)
		in.started = who.Started(m.Start) // what the state file tells is of another process, if of any
		held[slot] = answer
	}
}
