package probe

import "testing"

// A check does not outlive the supervisor that wanted to know.
func TestExecEndsWithItsSupervisor(t *testing.T) {
	path, next := fifo(t)
	checker := play(t, "checker", path)
	if err := checker.Start(); err != nil {
		t.Fatal(err)
	}
	check := hold(t, next())
	checker.Process.Kill()
	checker.Wait()
	expectEnd(t, check)
}
