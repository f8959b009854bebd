package proc

// Resources is empty: Windows has job objects instead of setrlimit.
func Resources() []Resource { return nil }
