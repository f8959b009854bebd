//go:build !windows

package limits

var atStart, known = look(nofile)

// Caller returns all limits that this process was started with.
func Caller() []Limit {
	all := make([]Limit, 0, resources)
	for r := range resources {
		p, ok := look(r)
		if r == nofile {
			p, ok = atStart, known
		}
		if ok {
			all = append(all, Limit{Resource: r, Soft: p.soft, Hard: p.hard})
		}
	}
	return all
}
