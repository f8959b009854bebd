package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// groups finds a place for cgroups, or skips the test.
func groups(t *testing.T) *Cgroups {
	t.Helper()
	c := FindCgroups(fmt.Sprintf("test-%d", os.Getpid()))
	if c == nil {
		t.Skip("SKIPPED: this process may not make control groups")
	}
	t.Cleanup(func() {
		c.Close()
		if _, err := os.Stat(c.dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", c.dir, err)
		}
	})
	return c
}

// startIn starts a family inside a group of that name.
func startIn(t *testing.T, c *Cgroups, name, role string) *family {
	t.Helper()
	dir, err := c.Open(name)
	if err != nil {
		t.Skipf("SKIPPED: control groups cannot be made here: %v", err)
	}
	defer dir.Close()
	t.Cleanup(func() {
		if err := c.Remove(name); err != nil {
			t.Error(err)
		}
	})
	return startWith(t, role, &syscall.SysProcAttr{Setsid: true, UseCgroupFD: true, CgroupFD: int(dir.Fd())})
}

func checkProcs(t *testing.T, c *Cgroups, name string, want []int) {
	t.Helper()
	got, err := c.Procs(name)
	slices.Sort(got)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("processes of %q: %v, %v, want %v", name, got, err, want)
	}
	entries, err := c.Entries(name)
	got = pidsOf(entries)
	slices.Sort(got)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("entries of %q: %v, %v, want %v", name, entries, err, want)
	}
}

func TestCgroup(t *testing.T) {
	c := groups(t)
	f := startIn(t, c, "web:0", "plain/sleep.a+session/orphan/clear/sleep.b")
	everybody := f.pids("plain/sleep.a+session/orphan/clear/sleep.b", "sleep.a", "clear/sleep.b", "sleep.b")
	checkProcs(t, c, "web:0", everybody)
	if err := c.Remove("web:0"); !errors.Is(err, unix.EBUSY) {
		t.Errorf("remove with processes in it: %v, want EBUSY", err)
	}
	if err := c.Kill("web:0"); err != nil {
		t.Fatal(err)
	}
	f.bury()
	checkProcs(t, c, "web:0", nil)
}

func TestCgroupBelow(t *testing.T) {
	c := groups(t)
	f := startIn(t, c, "web:0", "plain/sleep")
	below := filepath.Join(c.dir, "web:0", "below")
	if err := os.Mkdir(below, 0o755); err != nil {
		t.Fatal(err)
	}
	move := fmt.Appendf(nil, "%d", f.roles["sleep"].PID)
	if err := os.WriteFile(filepath.Join(below, "cgroup.procs"), move, 0); err != nil {
		t.Fatal(err)
	}
	checkProcs(t, c, "web:0", f.pids("plain/sleep", "sleep"))
	if err := killEach(patience(t), filepath.Join(c.dir, "web:0")); err != nil { // before Linux 5.14
		t.Fatal(err)
	}
	checkProcs(t, c, "web:0", nil)
}

func TestCgroupThatIsNotThere(t *testing.T) {
	c := groups(t)
	checkProcs(t, c, "none", nil)
	if err := c.Kill("none"); err != nil {
		t.Errorf("kill: %v", err)
	}
	if err := c.Remove("none"); err != nil {
		t.Errorf("remove: %v", err)
	}
}

func TestCgroupNames(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../x", "a/b", "a\nb", "a\x00b"} {
		if c := FindCgroups(name); c != nil {
			t.Errorf("FindCgroups(%q) = %v", name, c)
		}
		c := &Cgroups{dir: t.TempDir()}
		if _, err := c.Open(name); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("Open(%q): %v, want fs.ErrInvalid", name, err)
		}
		if err := c.Remove(name); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("Remove(%q): %v, want fs.ErrInvalid", name, err)
		}
		if err := c.Kill(name); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("Kill(%q): %v, want fs.ErrInvalid", name, err)
		}
	}
}

// What an earlier life has left goes too, but for a group in which somebody lives.
func TestCloseRemovesEmptyCgroups(t *testing.T) {
	c := groups(t)
	startIn(t, c, "taken", "sleep")
	dir, err := c.Open("left")
	if err != nil {
		t.Fatal(err)
	}
	dir.Close()
	c.Close()
	for name, there := range map[string]bool{"left": false, "taken": true} {
		if _, err := os.Stat(filepath.Join(c.dir, name)); there != (err == nil) {
			t.Errorf("group %q: %v", name, err)
		}
	}
}

func TestNoCgroups(t *testing.T) {
	var c *Cgroups
	if f, err := c.Open("x"); f != nil || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Open: %v, %v", f, err)
	}
	checkProcs(t, c, "x", nil)
	if err := errors.Join(c.Kill("x"), c.Remove("x")); err != nil {
		t.Error(err)
	}
	c.Close()
}

func TestFindCgroup(t *testing.T) {
	const (
		hybrid = "30 24 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" +
			"31 24 0:27 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n"
		pure   = "31 24 0:27 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"
		inside = "31 24 0:27 /docker/abc /sys/fs/cg\\040x rw - cgroup2 cgroup rw\n"
	)
	for _, c := range []struct{ groups, mounts, want string }{
		{"9:memory:/x\n0::/\n", hybrid, "/sys/fs/cgroup/unified"},
		{"0::/user.slice/user-0.slice\n", pure, "/sys/fs/cgroup/user.slice/user-0.slice"},
		{"0::/docker/abc/d\n", inside, "/sys/fs/cg x/d"},
		{"0::/docker/other\n", inside, ""}, // not to be seen from here
		{"0::/../x\n", pure, ""},
		{"9:memory:/x\n", hybrid, ""},
		{"0::/\n", "", ""},
		{"0::/\n", "31 24\n - cgroup2 x\n", ""},
	} {
		got, err := findCgroup(c.groups, c.mounts)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("findCgroup(%q, %q) = %q, %v, want %q", c.groups, c.mounts, got, err, c.want)
		}
	}
}

func BenchmarkCgroup(b *testing.B) {
	c := FindCgroups(fmt.Sprintf("bench-%d", os.Getpid()))
	if c == nil {
		b.Skip("SKIPPED: this process may not make control groups")
	}
	defer c.Close()
	for b.Loop() {
		f, err := c.Open("x")
		if err != nil {
			b.Fatal(err)
		}
		f.Close()
		if err := c.Remove("x"); err != nil {
			b.Fatal(err)
		}
	}
}
