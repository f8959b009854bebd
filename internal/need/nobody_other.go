//go:build !linux

package need

import "testing"

// asNobody ends the calling test: becoming nobody is only known on Linux.
func asNobody(t testing.TB) {
	t.Helper()
	missing(t, "needs a user who is not root")
}
