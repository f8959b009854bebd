package listener

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"forever/internal/need"
)

// Which unix sockets are reported, and that the program has one of ours.
func TestAnswerUnix(t *testing.T) {
	path := socketAt(t)
	name := "@forever-test-" + strconv.Itoa(os.Getpid())
	for title, want := range map[string]wanted{
		"stream":          {Type: unix.SOCK_STREAM, Addr: path},
		"packets":         {Type: unix.SOCK_SEQPACKET, Addr: path + "2"},
		"an abstract one": {Type: unix.SOCK_STREAM, Addr: name},
		"one of few":      {Type: unix.SOCK_STREAM, Addr: path + "3", Mode: 0o600},
	} {
		t.Run(title, func(t *testing.T) {
			want.Domain = unix.AF_UNIX
			var a asked
			p := start(t, "bind", want)
			done := p.answer(a.sharing(t))
			if g := p.got(); g.Errno != 0 || !g.CloExec {
				t.Errorf("the program has %+v", g)
			}
			asked := a.all()
			if len(asked) != 1 || asked[0].String() != want.Addr || asked[0].Kind != want.Type {
				t.Fatalf("asked about %+v", asked)
			}
			if asked[0].IsFile() {
				sameNames(t, want.Addr, KeepName(want.Addr, "test"))
				st, err := os.Stat(want.Addr)
				if err != nil || want.Mode != 0 && st.Mode().Perm() != os.FileMode(want.Mode) {
					t.Errorf("the file is %v (%v)", st, err)
				}
			}
			p.end()
			awaitEnd(t, done)
		})
	}
}

func sameNames(t *testing.T, path, keep string) {
	t.Helper()
	if !sameName(path, keep) {
		t.Errorf("%s and %s are not of one file", path, keep)
	}
}

// bindOf is a bind of a process of ours for a path.
func bindOf(pid int, path string) *Bind {
	b := &Bind{PID: pid, Raw: rawUnix(path)}
	b.Address, _ = parseAddress(b.Raw)
	b.Kind = unix.SOCK_STREAM
	return b
}

// sleeper is a process in a folder, with a umask.
func sleeper(t *testing.T, dir, before string) (pid int) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", before+"; echo; exec sleep 1000")
	cmd.Dir = dir
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if _, err := out.Read(make([]byte, 1)); err != nil { // it is as it is to be
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

// The file is made where and as the program would have made it, and this process
// stays where it is.
func TestLikeProgram(t *testing.T) {
	dir := filepath.Dir(socketAt(t))
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	b := bindOf(sleeper(t, dir, "umask 027"), "./s")
	if !b.completePath() || b.Path != dir+"/s" {
		t.Fatalf("the path is %v", b)
	}
	closing(t, openUnix(t, b))
	st, err := os.Stat(dir + "/s")
	if err != nil || st.Mode() != os.ModeSocket|0o750 {
		t.Errorf("the file is %v (%v)", st, err)
	}
	if now, err := os.Getwd(); err != nil || now != here {
		t.Errorf("this process was in %s and is in %s (%v)", here, now, err)
	}
}

func openUnix(t *testing.T, b *Bind) int {
	t.Helper()
	fd, err := OpenUnix(b, KeepName(b.Path, "test"))
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// Where the program is another user's, the file is that user's, and no folder is
// open to it that would not be to the program.
func TestLikeAnotherUser(t *testing.T) {
	need.Root(t)
	need.Command(t, "setpriv")
	dir := filepath.Dir(socketAt(t))
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("setpriv", "--reuid=65534", "--regid=65533", "--clear-groups", "sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for until := time.Now().Add(patience); ; {
		if p, err := readStanding(cmd.Process.Pid); err == nil && p.user == 65534 && p.grp == 65533 {
			break
		}
		if time.Now().After(until) {
			t.Fatal("it has not become the user")
		}
		<-time.After(time.Millisecond)
	}
	b := bindOf(cmd.Process.Pid, dir+"/s")
	if fd, err := OpenUnix(b, KeepName(b.Path, "test")); !errors.Is(err, unix.EACCES) {
		t.Errorf("in a folder of root's: %d, %v", fd, err)
	}
	if err := os.Chown(dir, 65534, 0); err != nil {
		t.Fatal(err)
	}
	closing(t, openUnix(t, b))
	var st unix.Stat_t
	if err := unix.Lstat(b.Path, &st); err != nil || st.Uid != 65534 || st.Gid != 65533 {
		t.Errorf("the file belongs to %d:%d (%v)", st.Uid, st.Gid, err)
	}
	sameNames(t, b.Path, KeepName(b.Path, "test"))
}

// What an earlier life of the app has left is no hindrance; what others have is.
func TestStaleFile(t *testing.T) {
	path := socketAt(t)
	keep := KeepName(path, "test")
	b := bindOf(os.Getpid(), path)
	old := openUnix(t, b)
	if err := unix.Listen(old, 1); err != nil {
		t.Fatal(err)
	}
	if fd, err := OpenUnix(b, keep); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("where somebody listens: %d, %v", fd, err)
	}
	unix.Close(old)
	if fd, err := OpenUnix(b, KeepName(path, "other")); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("where another's file is: %d, %v", fd, err)
	}
	fd := closing(t, openUnix(t, b))
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	sameNames(t, path, keep)
	// The program unlinks its path.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := Restore(path, keep); err != nil {
			t.Fatal(err)
		}
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	RemoveFile(path, keep)
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 0 {
		t.Errorf("there are %v (%v)", entries, err)
	}
	// A file that has taken the name is not ours to remove.
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	RemoveFile(path, keep)
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := Restore(path, keep); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("where neither name is left: %v", err)
	}
	closing(t, openUnix(t, b))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Restore(path, keep); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("where another file has the name: %v", err)
	}
}

// The removal of a name is told, also of one that was made again.
func TestNamesTell(t *testing.T) {
	path := socketAt(t)
	n, err := NewNames()
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	b := bindOf(os.Getpid(), path)
	closing(t, openUnix(t, b))
	keep := KeepName(path, "test")
	told := make(chan struct{}, 100)
	stop, err := n.Watch(keep, func() { told <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		select {
		case <-told:
		case <-time.After(patience):
			t.Fatal("a removal is not told")
		}
		if err := Restore(path, keep); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if stop, err := n.Watch(path+"-none", nil); err == nil {
		stop()
		t.Error("a file that is not there is watched")
	}
}

func TestUnixSockets(t *testing.T) {
	path := socketAt(t) + " with blanks"
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	rows, err := unixSockets()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.path == path {
			if !row.listening || row.kind != unix.SOCK_STREAM {
				t.Errorf("%+v", row)
			}
			return
		}
	}
	t.Errorf("%s is not listed", strings.TrimSpace(path))
}
