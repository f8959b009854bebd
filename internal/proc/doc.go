// Package proc speaks with the kernel about processes: which there are and
// who descends from whom, signals that can only reach the process that was
// meant, waiting for the end of any process, peers of a socket, control groups.
// It decides nothing and imports nothing else of the project.
//
// A PID is never trusted alone. A process is a PID and a start time (see
// [Entry]); on Linux a [Handle] holds it by pidfd_open(2), which the kernel
// never gives to another process.
package proc
