// Package supervisor decides: what runs, whether and when what has ended is
// started again, and when a command has done what was asked.
//
// One goroutine, in Run, owns all apps and instances and is the only writer of
// their state; everything else sends it functions to execute or reads a
// snapshot. Processes and descriptors are in the hands of the shim (Holder),
// so that this process may be killed at any moment: its one way to start is to
// take the shim's inventory, read the state file and go on.
package supervisor
