package proc

import (
	"os"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// What is done on such a thread concerns no other one, however many run at once.
func TestOnThread(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			OnThread(func() {
				if err := unix.Unshare(unix.CLONE_FS); err != nil {
					t.Logf("this system allows no folder of its own: %v", err)
					return
				}
				if err := unix.Chdir("/"); err != nil {
					t.Error(err)
				}
				if unix.Gettid() == os.Getpid() {
					t.Error("it is the first thread")
				}
			})
			if now, err := os.Readlink("/proc/self/cwd"); err != nil || now != here {
				t.Errorf("the process is in %s (%v)", now, err)
			}
		})
	}
	all.Wait()
	if now, err := os.Getwd(); err != nil || now != here {
		t.Errorf("was in %s, is in %s (%v)", here, now, err)
	}
}
