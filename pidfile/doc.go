// Package pidfile keeps what must outlive a process: the state file of a root,
// pid files, locks, and the identity by which a process is known again.
//
// Files change whole or not at all: a reader finds the old content or the new
// one, never a mix, whatever dies in between. No file is created or read
// through a symbolic link in the last part of its path.
//
// The package decides nothing and starts nothing, and imports nothing else of
// forever.
package pidfile
