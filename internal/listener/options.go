package listener

// Options are the socket options of a program that its shared socket takes over.
type Options struct{ set []option }

// option is one value for setsockopt(2).
type option struct {
	level, name int
	value       []byte
}
