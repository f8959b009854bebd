// Package tidy ends what a run of tests leaves behind.
//
// Tests end what they start, when they get to it. One that is killed, that
// panics or runs out of time does not, and what forever runs is meant to survive
// whoever started it: it would stay for good, with its ports, memory and inotify
// instances. So a process of its own waits for the end of the tests, however it
// comes. Only tests import this package.
package tidy
