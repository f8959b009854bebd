package logs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// roles are what the test binary does when it is started as another program.
var roles = map[string]func(args string){}

func TestMain(m *testing.M) {
	if role := roles[os.Getenv("LOGS_TEST_ROLE")]; role != nil {
		role(os.Getenv("LOGS_TEST_ARGS"))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// mover is what every Pump is made of.
type mover interface {
	attach(key string, pipe *os.File, sink Sink) error
	drain(key string, f func())
	detach(key string)
	resink(key string, sink Sink) error
	lost(key string) (uint64, error)
	process(key string, pid int)
	flush(key string) error
	reopenAll()
	close()
}

// everyEngine runs a test with each kind of engine that this system has.
func everyEngine(t *testing.T, test func(t *testing.T, e mover)) {
	for name, start := range map[string]func() (mover, error){
		"native": func() (mover, error) { return newEngine() },
		"plain":  func() (mover, error) { return newPlainEngine(), nil },
	} {
		t.Run(name, func(t *testing.T) {
			e, err := start()
			if err != nil {
				t.Fatal(err)
			}
			defer e.close()
			test(t, e)
		})
	}
}

// attach connects a new pipe to sink and returns its write end.
func attach(t testing.TB, e mover, key string, sink Sink) *os.File {
	t.Helper()
	w, err := tryAttach(t, e, key, sink)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func tryAttach(t testing.TB, e mover, key string, sink Sink) (*os.File, error) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w, e.attach(key, r, sink)
}

func drain(t testing.TB, e mover, key string) {
	t.Helper()
	done := make(chan struct{})
	e.drain(key, func() { close(done) })
	await(t, done, "drain "+key)
}

func await(t testing.TB, done <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("waited too long for: ", what)
	}
}

func write(t testing.TB, w *os.File, s string) {
	t.Helper()
	if _, err := w.WriteString(s); err != nil {
		t.Fatal(err)
	}
}

func wantFile(t testing.TB, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Fatalf("%s: got %.200q (%d bytes), want %.200q (%d bytes)", filepath.Base(path), got, len(got), want, len(want))
	}
}

// numbered returns at least n bytes of numbered lines of many lengths.
func numbered(n int) []byte {
	var b bytes.Buffer
	b.Grow(n + 300)
	pad := bytes.Repeat([]byte("."), 200)
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%09d %s\n", i, pad[:i*7%200])
	}
	return b.Bytes()
}

// agePlainPaths is agePaths for the engine that every system has.
func agePlainPaths(e *plainEngine) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range e.feeds {
		f.mu.Lock()
		f.lookNow()
		f.mu.Unlock()
	}
}

// eventually looks again and again until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	limit := time.After(time.Minute)
	for !is() {
		select {
		case <-again.C:
		case <-limit:
			t.Fatal("waited too long for: ", what)
		}
	}
}
