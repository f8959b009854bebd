package api

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/need"
	"forever/internal/sock"
	"forever/internal/wire"
)

// dialAs connects as another user. The kernel notes the credentials of the
// thread that connects (SO_PEERCRED), so one thread is enough; it is thrown
// away afterwards, because its goroutine ends locked to it.
func dialAs(t *testing.T, uid uintptr, root string) net.Conn {
	t.Helper()
	type dialled struct {
		conn net.Conn
		err  error
	}
	result := make(chan dialled)
	go func() {
		runtime.LockOSThread()
		const same = ^uintptr(0)
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uid, uid, same); errno != 0 {
			result <- dialled{nil, errno}
			return
		}
		conn, err := sock.Dial(t.Context(), root)
		if err != nil {
			result <- dialled{nil, err}
			return
		}
		result <- dialled{conn, nil}
	}()
	got := wait(t, result)
	if got.err != nil {
		t.Fatal(got.err)
	}
	t.Cleanup(func() { got.conn.Close() })
	return got.conn
}

func TestStrangerIsRefused(t *testing.T) {
	need.Root(t)
	s := serve(t, &fake{})
	// Only a root folder that was opened by hand lets a stranger come so far.
	for path, mode := range map[string]os.FileMode{
		filepath.Dir(s.root): 0o711, s.root: 0o711, sock.Path(s.root): 0o666,
	} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := io.ReadAll(dialAs(t, 65534, s.root))
	if err != nil {
		t.Fatal(err)
	}
	status, e := refusalOf(t, string(answer))
	if status != 403 || e.Code != wire.CodeUsage || !strings.Contains(e.Message, "user 65534") {
		t.Fatalf("%d %+v", status, e)
	}
	if status, _ := s.get(t, "/v1/ping"); status != 200 {
		t.Fatalf("after the stranger: %d", status)
	}
}

// What is no unix socket has no peer that could be known.
func TestOtherSocketsAreRefused(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	s := &server{backend: &fake{}}
	go s.answer(t.Context(), ours)
	answer, err := io.ReadAll(theirs)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := refusalOf(t, string(answer)); status != 403 {
		t.Fatalf("%s", answer)
	}
}
