package ipc

import (
	"io"
	"os"
	"sync"
	"testing"
)

func TestWaitingCostsNoThread(t *testing.T) {
	const channels = 200
	var started, ended sync.WaitGroup
	var ends []*os.File
	for range channels {
		c, theirs := open(t)
		ends = append(ends, theirs)
		started.Add(1)
		ended.Go(func() {
			started.Done()
			if _, err := c.Receive(); err != io.EOF {
				t.Error(err)
			}
		})
	}
	started.Wait()
	// Each has been woken once and waits again.
	for _, f := range ends {
		write(t, f, `{"cmd":"NODE_CLUSTER"}`+"\n")
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	if len(threads) > channels/4 {
		t.Errorf("%d threads for %d channels that wait", len(threads), channels)
	}
	for _, f := range ends {
		f.Close()
	}
	ended.Wait()
}
