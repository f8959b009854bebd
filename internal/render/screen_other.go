//go:build !windows

package render

// enableSequences reports whether the terminal understands escape sequences;
// outside Windows every terminal that names itself does.
func enableSequences(int) bool { return true }
