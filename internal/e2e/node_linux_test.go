package e2e

import (
	"testing"

	"forever/internal/need"
)

// TestNodeScripts runs the stories of Node programs.
func TestNodeScripts(t *testing.T) {
	need.Command(t, "node")
	stories(t, "testdata/node")
}
