package config

// resources is empty: Windows has job objects instead of setrlimit.
func resources() []resource { return nil }
