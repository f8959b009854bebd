package need

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
)

// recorder is a testing.TB that notes how it was ended and spares the real test.
type recorder struct {
	testing.TB
	end string
}

func (r *recorder) Helper()               {}
func (r *recorder) Fatalf(string, ...any) { r.finish("failed") }
func (r *recorder) Skipf(string, ...any)  { r.finish("skipped") }

func (r *recorder) finish(how string) {
	r.end = how
	runtime.Goexit()
}

// endOf tells how f ends its test: "failed", "skipped" or "returned".
func endOf(t *testing.T, f func(testing.TB)) string {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
		r.end = "returned"
	}()
	<-done
	return r.end
}

func TestMissingCommand(t *testing.T) {
	lack := func(t testing.TB) { Command(t, "no-such-program-of-forever") }
	for strict, want := range map[string]string{"": "skipped", "0": "skipped", "1": "failed"} {
		t.Setenv(strictEnv, strict)
		if got := endOf(t, lack); got != want {
			t.Errorf("%s=%q: %s, want %s", strictEnv, strict, got, want)
		}
	}
}

func TestCommandIsFound(t *testing.T) {
	t.Setenv(strictEnv, "1")
	if path := Command(t, "go"); !filepath.IsAbs(path) {
		t.Errorf("path %q is not absolute", path)
	}
}

func TestRoot(t *testing.T) {
	t.Setenv(strictEnv, "1")
	want := "failed"
	if os.Geteuid() == 0 {
		want = "returned"
	}
	if got := endOf(t, func(t testing.TB) { Root(t) }); got != want {
		t.Errorf("uid %d: %s, want %s", os.Geteuid(), got, want)
	}
}

// As root this test runs twice: its second life is the one that gets past NonRoot.
func TestNonRoot(t *testing.T) {
	NonRoot(t)
	if os.Geteuid() == 0 {
		t.Fatal("root after NonRoot")
	}
	if err := os.WriteFile(filepath.Join(t.TempDir(), "f"), nil, 0o600); err != nil {
		t.Errorf("the temporary folder is of no use: %v", err)
	}
}

func TestNonRootInSubtest(t *testing.T) {
	for i := range 2 {
		t.Run("a.b "+strconv.Itoa(i), func(t *testing.T) {
			NonRoot(t)
			if os.Geteuid() == 0 {
				t.Fatal("root after NonRoot")
			}
		})
	}
}
