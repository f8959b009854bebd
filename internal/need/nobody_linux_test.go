package need

import "testing"

func TestPattern(t *testing.T) {
	if got, want := pattern("TestA/b.c_d"), `^TestA$/^b\.c_d$`; got != want {
		t.Errorf("pattern %q, want %q", got, want)
	}
}
