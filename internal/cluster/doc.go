// Package cluster has nothing but tests: real servers in several languages, which
// know nothing of forever, share their ports under the real binary while clients
// count what they are refused and what fails, while processes are killed,
// replaced, added and taken away.
package cluster
