package cluster

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// jailRole makes the test binary execute a program as in a container of Docker's
// with its default profile.
const jailRole = "jailed"

// noFilters, before the program, has filters refused as well.
const noFilters = "without-filters"

// refusals are the system calls that Docker's profile refuses to who has neither
// CAP_SYS_PTRACE nor CAP_SYS_ADMIN (profiles/seccomp/default.json of moby), as far
// as they could matter here. process_vm_readv and ptrace are allowed since Linux 4.8.
var refusals = map[uint32]syscall.Errno{
	unix.SYS_PIDFD_GETFD: unix.EPERM, unix.SYS_KCMP: unix.EPERM, unix.SYS_PROCESS_MADVISE: unix.EPERM,
	unix.SYS_UNSHARE: unix.EPERM, unix.SYS_SETNS: unix.EPERM, unix.SYS_MOUNT: unix.EPERM,
	unix.SYS_BPF: unix.EPERM, unix.SYS_PERF_EVENT_OPEN: unix.EPERM, unix.SYS_CLONE3: unix.ENOSYS,
}

// dockerCapabilities are what root has in such a container, by their bits.
const dockerCapabilities = 1<<unix.CAP_CHOWN | 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_FOWNER | 1<<unix.CAP_FSETID |
	1<<unix.CAP_KILL | 1<<unix.CAP_SETGID | 1<<unix.CAP_SETUID | 1<<unix.CAP_SETPCAP | 1<<unix.CAP_NET_BIND_SERVICE |
	1<<unix.CAP_NET_RAW | 1<<unix.CAP_SYS_CHROOT | 1<<unix.CAP_MKNOD | 1<<unix.CAP_AUDIT_WRITE | 1<<unix.CAP_SETFCAP

// becomeJailed executes a command under the filter and with no more capabilities.
func becomeJailed(argv []string) int {
	runtime.LockOSThread() // all of it concerns the thread that executes
	if argv[0] == noFilters {
		argv = argv[1:]
		refusals[unix.SYS_SECCOMP] = unix.EPERM
	}
	err := refuseCalls()
	if err == nil && os.Geteuid() == 0 {
		err = dropCapabilities()
	}
	if err == nil {
		err = syscall.Exec(argv[0], argv, os.Environ())
	}
	fmt.Fprintln(os.Stderr, "jail:", err)
	return 125
}

func refuseCalls() error {
	if os.Geteuid() != 0 {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return err
		}
	}
	const retErrno, retAllow, offsetNr = 0x00050000, 0x7fff0000, 0 // linux/seccomp.h
	program := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offsetNr}}
	for nr, errno := range refusals {
		program = append(program,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: nr},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: retErrno | uint32(errno)})
	}
	program = append(program, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: retAllow})
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER,
		uintptr(unsafe.Pointer(&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})), 0, 0)
}

func dropCapabilities() error {
	for c := range uintptr(unix.CAP_LAST_CAP + 1) {
		if dockerCapabilities&(1<<c) == 0 {
			_ = unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0) // one that the kernel does not know
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return err
	}
	bits := uint32(dockerCapabilities)
	data[0].Permitted &= bits
	data[1].Permitted = 0
	for i := range data {
		data[i].Effective, data[i].Inheritable = data[i].Permitted, 0
	}
	return unix.Capset(&header, &data[0])
}

// In a container with Docker's default profile ports and paths are shared, steered
// and reloaded; no descriptor of a program need be copied for it.
func TestInDocker(t *testing.T) {
	w := newWorld(t)
	w.jail = []string{jailRole}
	address := w.serve(2)
	path := w.dir + "/s"
	w.must("start", "--name", "paths", "-i", "2", goServer, "unix/"+path)
	for _, in := range w.web().Instances {
		if !strings.HasPrefix(in.Sharing, "one SO_REUSEPORT socket") {
			t.Errorf("instance %d: %s", in.Index, in.Sharing)
		}
	}
	w.steersAndReloads(2, address)
	w.must("start", "web")
	w.everyInstanceAnswers(2, address)
	if _, err := ask(path); err != nil {
		t.Error(err)
	}
	mine, err := net.Listen("unix", w.dir+"/mine") // with the umask that the app has from here
	if err != nil {
		t.Fatal(err)
	}
	defer mine.Close()
	if got, want := mode(t, path), mode(t, w.dir+"/mine"); got != want {
		t.Errorf("the mode of the path is %v, want %v", got, want)
	}
	w.must("reload", "paths")
	if _, err := ask(path); err != nil {
		t.Error(err)
	}
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	st, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return st.Mode()
}

// When both processes of forever died there the sockets cannot be taken back. That
// is told, the others go on, and stop and start mend it.
func TestKilledBothInDocker(t *testing.T) {
	w := newWorld(t)
	w.jail = []string{jailRole}
	address := w.serve(2)
	pids := w.pids()
	w.killBoth()
	w.must("start", "--name", "other", "/bin/sleep", "1000")
	a := w.must("describe", "web")
	if !strings.Contains(a.out, "not shared: both processes of forever had died") || !strings.Contains(a.out, "operation not permitted") {
		t.Errorf("describe: %v", a)
	}
	if pid, err := ask(address); err != nil || pid != pids[0] && pid != pids[1] {
		t.Errorf("%d answers, of %v (%v)", pid, pids, err)
	}
	w.must("stop", "web")
	isFree(t, address)
	w.must("start", "web")
	w.everyInstanceAnswers(2, address)
}

// What a program wants of IPv6 alone is seen there too.
func TestIPv6InDocker(t *testing.T) {
	w := newWorld(t)
	w.jail = []string{jailRole}
	only, both := freePort(t), freePort(t)
	w.cluster(2, nil, goServer, "tcp6/:"+only, "tcp/:"+both)
	w.everyInstanceAnswers(2, net.JoinHostPort("::1", both))
	w.everyInstanceAnswers(2, net.JoinHostPort("127.0.0.1", both))
	w.everyInstanceAnswers(2, net.JoinHostPort("::1", only))
	if pid, err := ask(net.JoinHostPort("127.0.0.1", only)); err == nil {
		t.Errorf("%d answers by IPv4", pid)
	}
}
