//go:build unix

package shim

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"forever/internal/wire"
)

// links are both ends of one link.
func links(t *testing.T) (a, b *Link) {
	t.Helper()
	ours, theirs, err := socketpair()
	if err != nil {
		t.Fatal(err)
	}
	a, b = NewLink(ours), NewLink(theirs)
	t.Cleanup(a.Close)
	t.Cleanup(b.Close)
	return a, b
}

// open counts this process's descriptors.
func open() (n int) {
	for fd := range 512 {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
			n++
		}
	}
	return n
}

// sameDescriptors fails if there are others at the end of the test than now. Those
// of Go's poller come with the first pipe, and stay.
func sameDescriptors(t *testing.T) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	w.Close()
	before := open()
	t.Cleanup(func() {
		if after := open(); after != before {
			t.Errorf("%d descriptors were open before, %d after", before, after)
		}
	})
}

func TestLinkCarriesMessagesAndDescriptors(t *testing.T) {
	sameDescriptors(t)
	a, b := links(t)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	sent := []*wire.ShimMessage{
		{Op: wire.OpHello, Root: "/r", Version: 1},
		{Op: wire.OpPut, Name: "x", Seq: 7},
		{Op: wire.OpForget, Slot: "u:0", PID: 3},
	}
	for i, m := range sent {
		var fds []int
		if i == 1 {
			fds = []int{int(write.Fd()), int(read.Fd())}
		}
		if err := a.Send(m, fds...); err != nil {
			t.Fatal(err)
		}
	}
	write.Close()
	for i, want := range sent {
		got, fds, err := b.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("message %d: got %+v, want %+v", i, got, want)
		}
		if len(fds) != want.FDs {
			t.Fatalf("message %d: %d descriptors, want %d", i, len(fds), want.FDs)
		}
		checkReceived(t, fds, read)
	}
}

// checkReceived uses what was received: the first is the pipe's write end.
func checkReceived(t *testing.T, fds []int, read io.Reader) {
	t.Helper()
	if len(fds) == 0 {
		return
	}
	if _, err := unix.Write(fds[0], []byte("hi")); err != nil {
		t.Error(err)
	}
	for _, fd := range fds {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("descriptor %d would go along to a program (%v)", fd, err)
		}
	}
	closeAll(fds)
	if text, err := io.ReadAll(read); string(text) != "hi" || err != nil {
		t.Errorf("read %q, %v", text, err)
	}
}

// A message may come in any pieces, and several in one.
func TestLinkTakesAnyPieces(t *testing.T) {
	var stream []byte
	var want []string
	for i := range 5 {
		m := &wire.ShimMessage{Op: wire.OpExit, Slot: fmt.Sprint(i), Root: strings.Repeat("x", i*3000)}
		frame, err := encode(m)
		if err != nil {
			t.Fatal(err)
		}
		stream = append(stream, frame...)
		want = append(want, m.Slot)
	}
	for _, size := range []int{1, 3, 4, 5, 1000, 16 << 10, len(stream)} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			a, b := links(t)
			go func() {
				for piece := range slices.Chunk(stream, size) {
					_, _ = unix.Write(a.fd, piece)
				}
				a.Shut()
			}()
			var got []string
			for {
				m, _, err := b.Recv()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, m.Slot)
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// The buffer of one large message does not stay.
func TestLinkLetsALargeBufferGo(t *testing.T) {
	a, b := links(t)
	large := &wire.ShimMessage{Op: wire.OpSpawn, Plan: &wire.Plan{Env: []string{strings.Repeat("x", 3<<20)}}}
	done := make(chan error, 1)
	go func() {
		err := a.Send(large)
		done <- errors.Join(err, a.Send(&wire.ShimMessage{Op: wire.OpReady}))
	}()
	got, _, err := b.Recv()
	if err != nil || len(got.Plan.Env[0]) != 3<<20 {
		t.Fatalf("got %v", err)
	}
	if _, _, err := b.Recv(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := a.Send(&wire.ShimMessage{Op: wire.OpReady}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Recv(); err != nil {
		t.Fatal(err)
	}
	if c := cap(b.buf); c > 64<<10 {
		t.Errorf("the buffer has %d bytes still", c)
	}
}

// Several goroutines may send; what each sends arrives whole.
func TestLinkSendsSideBySide(t *testing.T) {
	a, b := links(t)
	const senders, each = 8, 50
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for range each {
				if err := a.Send(&wire.ShimMessage{Op: wire.OpExit, PID: i, Root: strings.Repeat("y", 5000)}, 0, 1, 2); err != nil {
					t.Error(err)
				}
			}
		})
	}
	got := map[int]int{}
	for range senders * each {
		m, fds, err := b.Recv()
		if err != nil || len(fds) != 3 || len(m.Root) != 5000 {
			t.Fatalf("got %+v, %v, %v", m, fds, err)
		}
		closeAll(fds)
		got[m.PID]++
	}
	wg.Wait()
	for i := range senders {
		if got[i] != each {
			t.Errorf("sender %d: %d messages", i, got[i])
		}
	}
}

func TestLinkRefusesNonsense(t *testing.T) {
	frame := func(body string) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
	}
	for name, tt := range map[string]struct {
		stream []byte
		want   string
	}{
		"too long":              {binary.BigEndian.AppendUint32(nil, maxMessage+1), "was announced"},
		"the longest number":    {[]byte{255, 255, 255, 255}, "was announced"},
		"no JSON":               {frame("garbage"), "decode a message"},
		"nothing":               {frame(""), "decode a message"},
		"an array":              {frame("[]"), "decode a message"},
		"descriptors that lack": {frame(`{"op":"put","fds":1}`), "announced 1 descriptors, 0 came"},
		"negative descriptors":  {frame(`{"op":"put","fds":-1}`), "announced -1 descriptors"},
		"half a length":         {[]byte{0, 0}, "EOF"},
		"half a message":        {frame(`{"op":"put"}`)[:9], "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := links(t)
			if _, err := unix.Write(a.fd, tt.stream); err != nil {
				t.Fatal(err)
			}
			a.Shut()
			if m, _, err := b.Recv(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %+v and %v, want %q", m, err, tt.want)
			}
		})
	}
}

func TestLinkToNobody(t *testing.T) {
	a, b := links(t)
	b.Shut()
	if err := a.Send(&wire.ShimMessage{Op: wire.OpReady}); !errors.Is(err, unix.EPIPE) {
		t.Errorf("send: got %v, want EPIPE and no signal", err)
	}
	if _, _, err := a.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("receive: got %v, want EOF", err)
	}
}

// Descriptors that came and were not asked for are given back with the link.
func TestLinkClosesWhatNobodyTook(t *testing.T) {
	sameDescriptors(t)
	ours, theirs, err := socketpair()
	if err != nil {
		t.Fatal(err)
	}
	a, b := NewLink(ours), NewLink(theirs)
	m := &wire.ShimMessage{Op: wire.OpReady}
	frame, err := encode(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Sendmsg(a.fd, frame, unix.UnixRights(0, 1, 2), nil, 0); err != nil {
		t.Fatal(err)
	}
	if _, fds, err := b.Recv(); err != nil || len(fds) != 0 {
		t.Fatalf("got %v, %v", fds, err)
	}
	a.Close()
	b.Close()
}

// Whatever comes from the other side: no panic, no hang, no descriptor lost,
// and what is a message is one.
func FuzzLink(f *testing.F) {
	good, err := encode(&wire.ShimMessage{Op: wire.OpPut, Name: "n", FDs: 2})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, uint8(2))
	main, err := encode(&wire.ShimMessage{Op: wire.OpMain, Slot: "u:0", PID: 8, Start: 80, Origin: &wire.Origin{PID: 7, Start: 70}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(main, uint8(0))
	f.Add(append(bytes.Clone(good), good...), uint8(4))
	f.Add([]byte{0, 0, 0, 2, '{', '}', 0, 0, 0, 1}, uint8(0))
	f.Add([]byte{255, 255, 255, 255}, uint8(1))
	f.Fuzz(func(t *testing.T, stream []byte, rights uint8) {
		before := open()
		ours, theirs, err := socketpair()
		if err != nil {
			t.Skip(err)
		}
		l := NewLink(theirs)
		stream = stream[:min(len(stream), 64<<10)] // what the socket takes without a reader
		if len(stream) > 0 {
			fds := slices.Repeat([]int{0}, int(rights)%8)
			if err := unix.Sendmsg(ours, stream, unix.UnixRights(fds...), nil, 0); err != nil {
				t.Fatal(err)
			}
		}
		unix.Close(ours)
		for {
			m, fds, err := l.Recv()
			if err != nil {
				break
			}
			if len(fds) != m.FDs {
				t.Errorf("%d descriptors with %+v", len(fds), m)
			}
			if _, err := json.Marshal(m); err != nil {
				t.Errorf("%+v cannot be sent on: %v", m, err)
			}
			closeAll(fds)
		}
		l.Close()
		if after := open(); after != before {
			t.Errorf("%d descriptors were open before, %d after", before, after)
		}
	})
}
