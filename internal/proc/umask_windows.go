package proc

// Umask is the file mode creation mask of this process. Windows has none: 0.
func Umask() int { return 0 }
