// Package stats measures what apps use, and only while somebody asks: cpu time,
// resident memory and listening ports, each over the whole tree of an
// instance's processes.
//
// On Linux it reads /proc itself, which costs a few microseconds for each
// process; on macOS it asks ps(1), on Windows the system. A PID is believed only
// together with its start time.
package stats

import (
	"fmt"
	"slices"
	"time"

	"forever/internal/proc"
	"forever/internal/sockets"
	"forever/internal/who"
	"forever/internal/wire"
)

// Options say what is wanted. What is not asked for costs nothing.
type Options struct {
	CPU, Memory, Ports bool
}

// Fill sets CPUPercent, MemoryBytes and Ports of every instance with a PID, as
// far as o asks for them; see [Sampler] for their meaning. CPUPercent is the
// average since the instance was started.
func Fill(apps []wire.App, o Options) error {
	var s Sampler
	return s.Fill(apps, o)
}

// Sampler looks again and again (list --watch, monit). Its zero value is ready;
// it is not for several goroutines at once.
//
//   - CPUPercent is the cpu time of the tree over the interval since the last
//     look, in percent of one cpu; in the first look over the life of the main
//     process. Time of children that have ended counts when their parent waited
//     for them.
//   - MemoryBytes is the sum of the resident memory of the tree's processes;
//     pages that several of them share count for each.
//   - Ports are the TCP ports on which the tree listens, sorted, each once.
//
// An instance whose process has ended, or whose PID belongs to another process
// by now, uses nothing.
type Sampler struct {
	last  map[life]sample
	ahead chan look // what Ahead has begun; nil: nothing
}

// life names one process for as long as the machine is up.
type life struct {
	pid   int
	start uint64
}

// sample is the cpu time that a tree had used at a moment.
type sample struct {
	cpu time.Duration
	at  time.Time
}

// Usage is what one process, or a tree, has used: cpu time since it started,
// with that of its children who were waited for, and memory now.
type Usage struct {
	CPU    time.Duration
	Memory uint64 // resident, in bytes
}

// Fill is one look. An error means that the system tells nothing of its
// processes or sockets; what could not be measured is left at 0.
func (s *Sampler) Fill(apps []wire.App, o Options) error {
	running := reset(apps, o)
	if len(running) == 0 || o == (Options{}) {
		s.last, s.ahead = nil, nil
		return nil
	}
	table, err := s.look(running)
	if err != nil {
		return fmt.Errorf("measure the apps: %w", err)
	}
	trees := table.Trees(queries(table, running))
	if o.Ports {
		err = fillPorts(running, trees)
	}
	if o.CPU || o.Memory {
		s.fillUsage(running, trees, o)
	}
	return err
}

// reset clears what o asks for and returns the instances that have a process.
func reset(apps []wire.App, o Options) []*wire.Instance {
	var running []*wire.Instance
	for a := range apps {
		for i := range apps[a].Instances {
			inst := &apps[a].Instances[i]
			if o.CPU {
				inst.CPUPercent = 0
			}
			if o.Memory {
				inst.MemoryBytes = 0
			}
			if o.Ports {
				inst.Ports = []int{} // never null in JSON
			}
			if inst.PID > 0 {
				running = append(running, inst)
			}
		}
	}
	return running
}

// queries asks for the trees of the instances whose PID can be believed; the
// query of any other one finds nothing.
func queries(table *proc.Table, running []*wire.Instance) []proc.Query {
	list := make([]proc.Query, len(running))
	for i, inst := range running {
		if e, ok := mainOf(table, inst); ok {
			list[i] = proc.Query{Main: e.PID, Start: e.Start}
		}
	}
	return list
}

// mainOf is the process of an instance, if its PID can be believed.
func mainOf(table *proc.Table, inst *wire.Instance) (proc.Entry, bool) {
	e, ok := table.Get(inst.PID)
	return e, ok && believable(inst, e)
}

// believable tells whether e is the process that inst means. Without a start
// time in the record, a process that is younger than the instance's life is
// another one.
func believable(inst *wire.Instance, e proc.Entry) bool {
	if inst.Start != 0 {
		return inst.Start == e.Start
	}
	const slack = time.Second // between the record and the kernel's
	return who.Age(e.Start)+slack >= time.Duration(inst.UptimeMS)*time.Millisecond
}

// fillPorts spreads the listening ports over the instances. No process is in
// two trees.
func fillPorts(running []*wire.Instance, trees [][]proc.Entry) error {
	owner := make(map[int]*wire.Instance)
	pids := []int{}
	for i, tree := range trees {
		for _, e := range tree {
			owner[e.PID] = running[i]
			pids = append(pids, e.PID)
		}
	}
	found, err := sockets.Find(sockets.Query{TCP: true, PIDs: pids})
	if err != nil {
		return fmt.Errorf("see the ports of the apps: %w", err)
	}
	for _, s := range found.Sockets {
		for _, pid := range s.PIDs {
			addPort(owner[pid], int(s.Local.Port()))
		}
	}
	return nil
}

func addPort(inst *wire.Instance, port int) {
	if at, there := slices.BinarySearch(inst.Ports, port); !there {
		inst.Ports = slices.Insert(inst.Ports, at, port)
	}
}
