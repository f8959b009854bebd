package probe

import (
	"net"
	"os"
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/need"
)

// speakAs sends READY=1 as another user. The kernel notes the user of the thread
// that sends, so one thread is enough; it is thrown away afterwards, because its
// goroutine ends locked to it.
func speakAs(t *testing.T, uid uintptr, addr string) {
	t.Helper()
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		const same = ^uintptr(0)
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uid, uid, same); errno != 0 {
			result <- errno
			return
		}
		conn, err := net.Dial("unixgram", addr)
		if err == nil {
			_, err = conn.Write([]byte("READY=1"))
			conn.Close()
		}
		result <- err
	}()
	if err := <-result; err != nil {
		t.Fatal(err)
	}
}

// An abstract name is open to everybody, so who speaks is looked at.
func TestNotifyFromAnotherUser(t *testing.T) {
	need.Root(t)
	const other = 65534
	n := listenNotify(t, "@forever-probe-test")
	speakAs(t, other, n.Addr())
	speak(t, n.Addr(), "STATUS=ours")
	expectStatus(t, n, "ours")

	n.Trust(other)
	speakAs(t, other, n.Addr())
	m, err := receive(n)
	if err != nil || !m.Ready || m.UID != other {
		t.Errorf("heard %+v, %v", m, err)
	}
}

func TestNotifyCostsNoThread(t *testing.T) {
	const sockets = 100
	var ended sync.WaitGroup
	var all []*Notify
	for range sockets {
		n := listenNotify(t, short(t))
		all = append(all, n)
		speak(t, n.Addr(), "STATUS=up")
		expectStatus(t, n, "up")
		ended.Go(func() { receive(n) })
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	if len(threads) > sockets/4 {
		t.Errorf("%d threads for %d sockets", len(threads), sockets)
	}
	for _, n := range all {
		n.Close()
	}
	ended.Wait()
}
