package proc

// Umask is the file mode creation mask of this process (umask(2)). It can only
// be learned by setting it: ask before other goroutines create files.
func Umask() int { return setAndRestoreUmask() }
