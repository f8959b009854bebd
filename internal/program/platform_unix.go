//go:build unix

package program

import "golang.org/x/sys/unix"

// platformSuffixes are the suffixes that this system lets a user leave out.
func platformSuffixes([]string) []string { return nil }

// mayExecute asks the kernel, which also knows about access lists and file
// systems mounted noexec.
func mayExecute(path string, _ []string) bool {
	return unix.Access(path, unix.X_OK) == nil
}

// executesScripts tells whether the kernel follows a #! line.
const executesScripts = true

func sameVariable(a, b string) bool { return a == b }

func pythons() []string { return []string{"python3"} }
