package listener

import (
	"errors"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// asked collects the binds that were asked about.
type asked struct {
	mu    sync.Mutex
	binds []Bind
}

func (a *asked) add(b *Bind) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.binds = append(a.binds, *b)
}

func (a *asked) all() []Bind {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.binds)
}

// sharing puts a socket of its own in place of each that is asked about.
func (a *asked) sharing(t *testing.T) *Answerer {
	return &Answerer{Decide: func(b *Bind) Decision {
		a.add(b)
		open := func() (int, error) { return Open(b.Address, b.Options) }
		if b.IsUnix() {
			open = func() (int, error) { return OpenUnix(b, KeepName(b.Path, "test")) }
		}
		fd, err := open()
		if err != nil {
			t.Errorf("open for %v: %v", b, err)
			return Decision{}
		}
		return Decision{Socket: fd}
	}, Unreadable: func(err error) { t.Errorf("unreadable: %v", err) }}
}

func awaitEnd(t *testing.T, done <-chan error) {
	t.Helper()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Answer: %v", err)
		}
	case <-time.After(patience):
		t.Error("Answer does not end with the program")
	}
}

// Which binds are reported, and what the program has then.
func TestAnswer(t *testing.T) {
	port, other := freePort(t), freePort(t)
	tests := map[string]struct {
		want   wanted
		shared bool
	}{
		"IPv4":        {wanted{Domain: unix.AF_INET, Type: unix.SOCK_STREAM, Addr: at("127.0.0.1", port)}, true},
		"all of IPv4": {wanted{Domain: unix.AF_INET, Type: unix.SOCK_STREAM, Addr: at("0.0.0.0", port)}, true},
		"IPv6":        {wanted{Domain: unix.AF_INET6, Type: unix.SOCK_STREAM, Addr: at("::1", port)}, true},
		"mapped":      {wanted{Domain: unix.AF_INET6, Type: unix.SOCK_STREAM, Addr: at("::ffff:127.0.0.1", port)}, true},
		"nonblocking": {wanted{Domain: unix.AF_INET, Type: unix.SOCK_STREAM, Addr: at("127.0.0.1", port), Nonblock: true}, true},
		"any port":    {wanted{Domain: unix.AF_INET, Type: unix.SOCK_STREAM, Addr: at("127.0.0.1", 0)}, false},
		"UDP":         {wanted{Domain: unix.AF_INET, Type: unix.SOCK_DGRAM, Addr: at("127.0.0.1", other)}, false},
		"datagrams":   {wanted{Domain: unix.AF_UNIX, Type: unix.SOCK_DGRAM, Addr: socketAt(t)}, false},
		"all of IPv6": {wanted{Domain: unix.AF_INET6, Type: unix.SOCK_STREAM, Addr: at("::", port)}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var a asked
			p := start(t, "bind", test.want)
			done := p.answer(a.sharing(t))
			g := p.got()
			if g.Errno != 0 || g.Listening != test.shared || g.Nonblock != test.want.Nonblock || !g.CloExec {
				t.Errorf("the program has %+v", g)
			}
			if got := len(a.all()) == 1; got != test.shared {
				t.Errorf("asked about %+v", a.all())
			}
			p.end()
			awaitEnd(t, done)
		})
	}
}

// Several ports of one program, and what its children bind, are asked about too.
func TestAnswerSeveralBinds(t *testing.T) {
	first, second := freePort(t), freePort(t)
	wants := []wanted{
		{Domain: unix.AF_INET, Type: unix.SOCK_STREAM, Addr: at("127.0.0.1", first)},
		{Domain: unix.AF_INET, Type: unix.SOCK_STREAM, Addr: at("127.0.0.1", second)},
	}
	for _, role := range []string{"bind", "child"} {
		t.Run(role, func(t *testing.T) {
			var a asked
			p := start(t, role, wants...)
			done := p.answer(a.sharing(t))
			for range wants {
				if g := p.got(); g.Errno != 0 || !g.Listening {
					t.Errorf("the program has %+v", g)
				}
			}
			var ports []uint16
			for _, b := range a.all() {
				ports = append(ports, b.Port())
			}
			if !slices.Equal(ports, []uint16{first, second}) {
				t.Errorf("asked about %v", ports)
			}
			p.end()
			awaitEnd(t, done)
		})
	}
}

// What a program has set on its socket holds for the one that it gets.
func TestOptionsComeAlong(t *testing.T) {
	want := wanted{Domain: unix.AF_INET6, Type: unix.SOCK_STREAM, Addr: at("::1", freePort(t)), Options: [][3]int{
		{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1},
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{unix.SOL_SOCKET, unix.SO_RCVBUF, 50_000},
		{unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 77},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 7},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3},
		{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 12_345},
		{unix.IPPROTO_TCP, unix.TCP_MAXSEG, 1000},
		{unix.IPPROTO_TCP, unix.TCP_LINGER2, 9},
		{unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, 33},
		{unix.SOL_SOCKET, unix.SO_RCVLOWAT, 7},
	}}
	var a asked
	p := start(t, "bind", want)
	done := p.answer(a.sharing(t))
	g := p.got()
	if !g.Listening || a.all()[0].Options == nil {
		t.Fatalf("the program has %+v; asked about %+v", g, a.all())
	}
	for i, o := range want.Options {
		set := o[2]
		if o[1] == unix.SO_RCVBUF && o[0] == unix.SOL_SOCKET {
			set *= 2 // as the kernel counts
		}
		if g.Options[i] != set {
			t.Errorf("option %v: %d on the shared socket", o, g.Options[i])
		}
	}
	p.end()
	awaitEnd(t, done)
}

// Options that the program did not set are not set by us either.
func TestOptionsThatAreNotSet(t *testing.T) {
	plain, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, plain)
	copied := open(t, hostPort("127.0.0.1", freePort(t)), OptionsOf(plain))
	if locked, err := unix.GetsockoptInt(copied, unix.SOL_SOCKET, soBufLock); err == nil && locked != 0 {
		t.Errorf("buffer sizes were set: %d", locked)
	}
	var none *Options
	none.Apply(copied) // of a program that could not be looked at
}

// A decision for an error is the program's; one for nothing lets its own bind go on.
func TestDecisions(t *testing.T) {
	port := freePort(t)
	w := wanted{Domain: unix.AF_INET, Type: unix.SOCK_STREAM, Addr: at("127.0.0.1", port)}
	decisions := []Decision{{Errno: unix.EACCES}, {}, {Errno: unix.EADDRINUSE}}
	p := start(t, "bind", w, w, w)
	done := p.answer(&Answerer{Decide: func(*Bind) Decision {
		d := decisions[0]
		decisions = decisions[1:]
		return d
	}})
	for i, want := range []got{{Errno: int(unix.EACCES)}, {Port: int(port)}, {Errno: int(unix.EADDRINUSE)}} {
		if g := p.got(); g.Errno != want.Errno || g.Port != want.Port || g.Listening {
			t.Errorf("bind %d: the program has %+v, want %+v", i, g, want)
		}
	}
	p.end()
	awaitEnd(t, done)
}

// A bind that was received by a process that was killed then is answered by the
// next: the program does not notice.
func TestPendingIsAnsweredByTheNext(t *testing.T) {
	p := start(t, "bind", wanted{Domain: unix.AF_INET, Type: unix.SOCK_STREAM, Addr: at("127.0.0.1", freePort(t))})
	pending, file, err := NewPending()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, file)
	// The one that dies: it receives, and is never heard of again.
	dead := closing(t, dup(t, p.binds))
	n, _ := pending.take()
	if err := ioctl(dead, ioctlRecv, ptr(n)); err != nil {
		t.Fatal(err)
	}
	next, err := OpenPending(file)
	if err != nil {
		t.Fatal(err)
	}
	var a asked
	answerer := a.sharing(t)
	answerer.Pending = next
	done := p.answer(answerer)
	if g := p.got(); g.Errno != 0 || !g.Listening {
		t.Errorf("the program has %+v", g)
	}
	if len(a.all()) != 1 {
		t.Errorf("asked about %+v", a.all())
	}
	p.end()
	awaitEnd(t, done)
	for i := range next.rows {
		if next.used[i] || next.rows[i].id != 0 {
			t.Errorf("row %d is still in use", i)
		}
	}
}

// What is left of a program that has ended is nobody's, and harms none.
func TestPendingOfTheDead(t *testing.T) {
	pending, file, err := NewPending()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, file)
	n, _ := pending.take()
	n.id = 12345
	next, err := OpenPending(file)
	if err != nil {
		t.Fatal(err)
	}
	var a asked
	answerer := a.sharing(t)
	answerer.Pending = next
	p := start(t, "bind", wanted{Domain: unix.AF_INET, Type: unix.SOCK_STREAM, Addr: at("127.0.0.1", freePort(t))})
	done := p.answer(answerer)
	if g := p.got(); !g.Listening {
		t.Errorf("the program has %+v", g)
	}
	p.end()
	awaitEnd(t, done)
}

// When there is no room for more, binds are answered all the same.
func TestPendingIsFull(t *testing.T) {
	pending, file, err := NewPending()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, file)
	for range len(pending.rows) {
		pending.take()
	}
	n, free := pending.take()
	if n == nil || n.id != 0 {
		t.Fatalf("got %+v", n)
	}
	free()
	if _, err := OpenPending(closing(t, dup(t, 0))); err == nil {
		t.Error("a file of another size was mapped")
	}
}

// peer does for this process what it may not do, as the shim does.
type peer struct{ peeked, borrowed int }

func (p *peer) Peek(pid int, from uintptr, size int) ([]byte, error) {
	p.peeked++
	return make([]byte, size), nil
}

func (p *peer) Borrow(int, int) (int, error) {
	p.borrowed++
	return -1, unix.EPERM
}

// The peer is asked where we are refused, and only there.
func TestPeerHelps(t *testing.T) {
	p := &peer{}
	a := &Answerer{Peer: p}
	if _, err := a.peek(1<<30, 4096, 16); !errors.Is(err, unix.ESRCH) || p.peeked != 0 {
		t.Errorf("of nobody: %v, the peer was asked %d times", err, p.peeked)
	}
	if !refused(unix.EPERM) || !refused(&os.PathError{Err: unix.EACCES}) || refused(unix.ESRCH) || refused(nil) {
		t.Error("a refusal is not known as one")
	}
}

func dup(t *testing.T, fd int) int {
	t.Helper()
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func ptr(n *notification) unsafe.Pointer { return unsafe.Pointer(n) }
