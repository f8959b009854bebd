package listener

// Removal is an unlink(2) of a program that waits for an answer.
type Removal struct {
	PID  int    // of the calling thread
	Path string // as the program has it
	dir  int    // what a relative path begins at: a descriptor, or AT_FDCWD
}
