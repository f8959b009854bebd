package proc

import (
	"iter"
	"slices"
)

// All goes over every process of the table, by PID. Zombies are among them.
func (t *Table) All() iter.Seq[Entry] { return slices.Values(t.entries) }

// Below returns the process and all its descendants, parents before children.
// Unlike [Table.Trees] it goes by parents alone: what left the family is not in it.
func (t *Table) Below(e Entry) []Entry {
	family := []Entry{e}
	for i := 0; i < len(family); i++ {
		for _, child := range t.entries {
			// Windows leaves the number of a dead parent in place.
			if child.PPID == family[i].PID && child.Start >= family[i].Start && child.PID != child.PPID {
				family = append(family, child)
			}
		}
	}
	return family
}
