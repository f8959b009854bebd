//go:build !linux

package fuser

import (
	"errors"
	"io/fs"
	"os"

	"forever/internal/proc"
)

// searchFiles looks for the names that are files.
func searchFiles(o *Options, _ *proc.Table, answers []answer, uses []map[int]access) {
	for i := range answers {
		a := &answers[i]
		if a.name.Space != files {
			continue
		}
		if _, err := os.Stat(a.name.Text); errors.Is(err, fs.ErrNotExist) {
			a.err = nameError("Specified filename " + a.name.typed + " does not exist.")
			continue
		}
		a.err = usersOfFile(a.name.Text, o.Mount || o.MountPoint, uses[i])
	}
}
