package cli

import (
	"cmp"
	"slices"
	"strings"

	"forever/internal/config"
	"forever/internal/wire"
)

// order is what --sort asks for.
type order struct {
	field string // empty: as it came, by id
	desc  bool
}

func sortFields() []string {
	return []string{"id", "name", "namespace", "status", "mode", "pid", "restarts", "uptime", "cpu", "memory"}
}

// readOrder reads FIELD, FIELD:asc or FIELD:desc.
func readOrder(text string) (order, error) {
	if text == "" {
		return order{}, nil
	}
	field, way, _ := strings.Cut(text, ":")
	if !slices.Contains(sortFields(), field) {
		hint := "the fields are " + strings.Join(sortFields(), ", ")
		if near := config.Nearest(field, sortFields()); near != "" {
			hint = "did you mean " + near + "?"
		}
		return order{}, usagef(hint, "option --sort: unknown field %q", field)
	}
	if way != "" && way != "asc" && way != "desc" {
		return order{}, usagef("", "option --sort: %q is neither asc nor desc", way)
	}
	return order{field, way == "desc"}, nil
}

// sort orders apps; those that are equal stay in the order of their ids.
func (o order) sort(apps []wire.App) {
	if o.field == "" {
		return
	}
	slices.SortStableFunc(apps, func(a, b wire.App) int {
		d := compare(o.field, &a, &b)
		if o.desc {
			return -d
		}
		return d
	})
}

func compare(field string, a, b *wire.App) int {
	switch field {
	case "name":
		return strings.Compare(a.Name, b.Name)
	case "namespace":
		return strings.Compare(a.Namespace, b.Namespace)
	case "status":
		return strings.Compare(a.Status, b.Status)
	case "mode":
		return strings.Compare(a.Mode, b.Mode)
	case "pid":
		return cmp.Compare(sum(a, pidOf), sum(b, pidOf))
	case "restarts":
		return cmp.Compare(a.Restarts, b.Restarts)
	case "uptime":
		return cmp.Compare(sum(a, uptimeOf), sum(b, uptimeOf))
	case "cpu":
		return cmp.Compare(sum(a, cpuOf), sum(b, cpuOf))
	case "memory":
		return cmp.Compare(sum(a, memoryOf), sum(b, memoryOf))
	}
	return cmp.Compare(a.ID, b.ID)
}

func sum(a *wire.App, of func(*wire.Instance) float64) float64 {
	total := 0.0
	for i := range a.Instances {
		total += of(&a.Instances[i])
	}
	return total
}

func pidOf(in *wire.Instance) float64    { return float64(in.PID) }
func uptimeOf(in *wire.Instance) float64 { return float64(in.UptimeMS) }
func cpuOf(in *wire.Instance) float64    { return in.CPUPercent }
func memoryOf(in *wire.Instance) float64 { return float64(in.MemoryBytes) }
