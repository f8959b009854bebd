// Package monit is the live screen of `forever monit`: the apps, the cpu and
// memory of one of them over time, its logs, and keys that act.
//
// One goroutine, that of Run, owns the model and the terminal. Others look at
// the apps, read logs, carry out what keys ask for, and read the keyboard; they
// only send. A frame is a function of the model and the size of the window, so
// that tests need no terminal.
//
// The screen is drawn by this package, on golang.org/x/term alone: forever is
// one binary, and what a larger library prepares when a program starts (tables,
// a question to the terminal) every role of it would pay for.
package monit
