package tasklist

import (
	"slices"
	"testing"

	"forever/internal/proc"
)

func TestTerminal(t *testing.T) {
	for device, want := range map[uint32]string{
		0: "Services", 136 << 8: "pts/0", 136<<8 | 5: "pts/5", 137<<8 | 1: "pts/257", 4<<8 | 1: "tty1", 4<<8 | 64: "ttyS0", 5 << 8: "Console",
	} {
		if got := terminal(device); got != want {
			t.Errorf("%#x: %q, want %q", device, got, want)
		}
	}
}

func TestNoKernelThreads(t *testing.T) {
	all, err := look()
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(all.list, func(t *task) bool { return t.Comm == "kthreadd" }) {
		t.Error("a thread of the kernel is listed")
	}
	if isKernel(proc.Entry{PID: 2, PPID: 1, SID: 1}) {
		t.Error("a container's process 2 is no thread of the kernel")
	}
}
