//go:build !linux

package proc

import (
	"errors"
	"fmt"
	"os"
)

// Cgroups is a folder of control groups. Only Linux has them; here it is always
// nil, takes every call and does nothing.
type Cgroups struct{}

// FindCgroups finds no place for control groups here.
func FindCgroups(string) *Cgroups { return nil }

// Open fails with an error that wraps errors.ErrUnsupported.
func (c *Cgroups) Open(name string) (*os.File, error) {
	return nil, fmt.Errorf("open cgroup %q: %w", name, errors.ErrUnsupported)
}

// Procs finds nobody.
func (c *Cgroups) Procs(string) ([]int, error) { return nil, nil }

// Entries finds nobody.
func (c *Cgroups) Entries(string) ([]Entry, error) { return nil, nil }

// Kill does nothing.
func (c *Cgroups) Kill(string) error { return nil }

// Remove does nothing.
func (c *Cgroups) Remove(string) error { return nil }

// Close does nothing.
func (c *Cgroups) Close() {}
