//go:build !linux

package logs

import "testing"

func agePaths(t *testing.T, e mover) { agePlainPaths(e.(*plainEngine)) }
