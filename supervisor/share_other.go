//go:build !linux

package supervisor

import "forever/internal/wire"

// share: only Linux reports a program's binds.
func (s *Supervisor) share(in *instance, _ string) {
	if in.sharing = ""; in.app.spec.Cluster {
		in.sharing = "not shared: this system does not report a program's system calls"
	}
}

func (s *Supervisor) reports(*app) bool { return false }
func (s *Supervisor) lend(*instance)    {}
func (in *instance) lendEnv() []string  { return nil }

func (s *Supervisor) steer(*app)                               {}
func (s *Supervisor) dropGroups(*app)                          {}
func (s *Supervisor) dropDeserted(*app)                        {}
func (s *Supervisor) adoptGroups(map[string]*wire.ShimMessage) {}
func (s *Supervisor) refuseWaiting(*instance)                  {}
func (s *Supervisor) dropOwn(*instance)                        {}
func (in *instance) listening() []*group                       { return nil }
func (in *instance) forsake()                                  {}

func (s *Supervisor) drain(_ *instance, then func()) { s.post(then) }
