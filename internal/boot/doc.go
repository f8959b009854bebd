// Package boot puts the background processes together from their parts: it is
// where a supervisor begins and ends.
package boot
