package listener

import (
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/launch"
	"forever/internal/limits"
	"forever/internal/wire"
)

// patience bounds a wait; no test passes by its end.
const patience = 30 * time.Second

// roleEnv makes the test binary a program that binds.
const roleEnv = "LISTENER_TEST_ROLE"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == launch.StepName {
		os.Exit(launch.Step())
	}
	if role, ok := roles[os.Getenv(roleEnv)]; ok {
		os.Exit(role(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// roles are the programs under the filter. Each tells on stdout what it got.
var roles = map[string]func(args []string) int{
	"bind":  bindAll,
	"child": bindInChild,
}

// wanted is one bind of the program.
type wanted struct {
	Domain, Type int
	Addr         string // with port; or a path
	Options      [][3]int
	Nonblock     bool
	OtherThread  bool
	Mode         uint32 // of the socket before it is bound; 0: as it is
}

// got is what came of it.
type got struct {
	Errno     int
	Port      int  // that getsockname(2) tells
	Listening bool // SO_ACCEPTCONN, though it has not called listen(2)
	Options   []int
	Nonblock  bool
	CloExec   bool
}

// bindAll binds what its arguments say, one after the other.
func bindAll(args []string) int {
	for _, arg := range args {
		var w wanted
		if json.Unmarshal([]byte(arg), &w) != nil {
			return 2
		}
		g := w.bind()
		_ = json.NewEncoder(os.Stdout).Encode(g)
	}
	_, _ = io.ReadAll(os.Stdin) // stay until we are let go
	return 0
}

func (w wanted) bind() (g got) {
	kind := w.Type | unix.SOCK_CLOEXEC
	if w.Nonblock {
		kind |= unix.SOCK_NONBLOCK
	}
	fd, err := unix.Socket(w.Domain, kind, 0)
	if err != nil {
		return got{Errno: int(err.(unix.Errno))}
	}
	for _, o := range w.Options {
		if err := unix.SetsockoptInt(fd, o[0], o[1], o[2]); err != nil {
			return got{Errno: int(err.(unix.Errno))}
		}
	}
	if w.Mode != 0 {
		if err := unix.Fchmod(fd, w.Mode); err != nil {
			return got{Errno: int(err.(unix.Errno))}
		}
	}
	var errno unix.Errno
	errors.As(unix.Bind(fd, w.sockaddr()), &errno)
	g.Errno = int(errno)
	switch sa, _ := unix.Getsockname(fd); sa := sa.(type) {
	case *unix.SockaddrInet4:
		g.Port = sa.Port
	case *unix.SockaddrInet6:
		g.Port = sa.Port
	}
	n, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	g.Listening = n == 1
	for _, o := range w.Options {
		n, _ := unix.GetsockoptInt(fd, o[0], o[1])
		g.Options = append(g.Options, n)
	}
	flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	g.Nonblock = flags&unix.O_NONBLOCK != 0
	flags, _ = unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	g.CloExec = flags&unix.FD_CLOEXEC != 0
	return g
}

func (w wanted) sockaddr() unix.Sockaddr {
	if w.Domain == unix.AF_UNIX {
		return &unix.SockaddrUnix{Name: w.Addr}
	}
	addr := netip.MustParseAddrPort(w.Addr)
	return Address{AddrPort: addr, V6: w.Domain == unix.AF_INET6}.sockaddr()
}

// bindInChild has a child of its own bind, and passes on what it tells.
func bindInChild(args []string) int {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), roleEnv+"=bind")
	cmd.Stdout = os.Stdout
	if cmd.Run() != nil {
		return 1
	}
	_, _ = io.ReadAll(os.Stdin)
	return 0
}

// program is a filtered child.
type program struct {
	t      *testing.T
	pid    int
	binds  int // the descriptor of the reports
	in     *os.File
	out    *json.Decoder
	reaped bool
}

// start starts a role of this binary under the filter, through the exec step as
// the shim does.
func start(t *testing.T, role string, wants ...wanted) *program {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	argv := []string{role}
	for _, w := range wants {
		text, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		argv = append(argv, string(text))
	}
	ours, theirs := pipe(t)
	read, write := pipe(t)
	plan := &wire.Plan{
		File: exe, Argv: argv, Dir: "/", Umask: -1, Share: true, ShareFiles: true,
		Env: []string{roleEnv + "=" + role, "GORACE=atexit_sleep_ms=0"},
	}
	started, err := launch.Start(plan, launch.Files{ours.Fd(), write.Fd(), 2}, limits.Caller())
	if err != nil {
		t.Fatal(err)
	}
	ours.Close()
	write.Close()
	p := &program{t: t, pid: started.PID, binds: started.Binds, in: theirs, out: json.NewDecoder(read)}
	t.Cleanup(func() {
		p.end()
		read.Close()
	})
	if p.binds == 0 {
		t.Skipf("SKIPPED: the kernel reports no binds here: %+v", started)
	}
	return p
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// end lets the program end, and waits for it.
func (p *program) end() {
	if p.reaped {
		return
	}
	p.reaped = true
	p.in.Close()
	timer := time.AfterFunc(patience, func() { _ = syscall.Kill(p.pid, syscall.SIGKILL) })
	defer timer.Stop()
	var status syscall.WaitStatus
	for {
		if _, err := syscall.Wait4(p.pid, &status, 0, nil); !errors.Is(err, syscall.EINTR) {
			return
		}
	}
}

// got is what the program tells of its next bind.
func (p *program) got() (g got) {
	p.t.Helper()
	if err := p.out.Decode(&g); err != nil {
		p.t.Fatalf("the program tells nothing: %v", err)
	}
	return g
}

// answer runs a on the program's reports; what it returned comes when it ended.
func (p *program) answer(a *Answerer) <-chan error {
	p.t.Helper()
	fd := p.binds
	p.binds = 0
	if err := unix.SetNonblock(fd, true); err != nil {
		p.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Answer(os.NewFile(uintptr(fd), "binds")) }()
	return done
}

// freePort is one that nobody listened on a moment ago, for both families. It is
// none of those that the kernel gives to clients, as it might any moment.
func freePort(t testing.TB) uint16 {
	t.Helper()
	for range 1000 {
		port := uint16(10_000 + rand.IntN(20_000))
		if ln, err := net.Listen("tcp", at("", port)); err == nil {
			ln.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func at(host string, port uint16) string { return net.JoinHostPort(host, strconv.Itoa(int(port))) }

func hostPort(host string, port uint16) Address {
	addr := netip.MustParseAddrPort(at(host, port))
	return Address{AddrPort: addr, V6: addr.Addr().Is6()}
}

// closing closes a bare descriptor with the test.
func closing(t testing.TB, fd int) int {
	t.Helper()
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// open is Open for a test.
func open(t testing.TB, addr Address, o *Options) int {
	t.Helper()
	fd, err := Open(addr, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := Admit(fd); err != nil {
		t.Fatal(err)
	}
	return closing(t, fd)
}

// socketAt is a path for a unix socket, which must be short.
func socketAt(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "fl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}
