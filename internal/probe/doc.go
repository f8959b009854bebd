// Package probe finds out whether a program is ready, and whether it is still
// well: by connecting, by asking over HTTP, by running a command, or by
// listening to what the program itself says in the way of sd_notify(3).
//
// It looks and tells. What follows from it, a new state, a restart, a longer
// wait, is decided by the supervisor.
package probe
