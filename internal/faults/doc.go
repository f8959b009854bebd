// Package faults breaks forever on purpose. It has nothing but tests: they run
// the real binary with real programs, kill its processes at every moment there
// is, spoil its files, take its disk and its descriptors away, and check what
// must hold all the same: one live process for each instance that is wanted,
// the same PID unless it died, every line of output once.
//
// FOREVER_FAULTS=long makes the random and the idle test run for longer.
package faults
