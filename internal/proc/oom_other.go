//go:build !linux

package proc

// OOMKills is how many processes the kernel has killed since boot because
// memory had run out. Only Linux tells; here ok is false.
func OOMKills() (n uint64, ok bool) { return 0, false }
