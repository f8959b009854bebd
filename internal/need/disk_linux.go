package need

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Disk is a file system that can be made to answer no more: ext4 in a file of its
// own, frozen as for a snapshot (FIFREEZE, ioctl_fs(2)). Who writes to it waits in
// the kernel, and not even SIGKILL ends that.
type Disk struct {
	Path string // where it is mounted

	t  testing.TB
	at *os.File
}

// Requests of ioctl_fs(2): _IOWR('X', 119, int) and the next.
const (
	fiFreeze = 0xc0045877
	fiThaw   = 0xc0045878
)

// warden thaws and unmounts the disk at $1 when its stdin ends, with the test. It thaws
// it after two minutes at the latest: a test that waits for the disk itself does not
// end before. A disk that is still in use goes when it is not.
const warden = `timeout 120 cat >/dev/null
fsfreeze --unfreeze "$1" 2>/dev/null
cat >/dev/null
umount "$1" || umount --lazy "$1"`

// FrozenDisk returns a disk for the test, which is not frozen yet. It needs root.
// Where no file system may be mounted, as in most containers, the test is skipped.
func FrozenDisk(t testing.TB) *Disk {
	t.Helper()
	Root(t)
	for _, name := range []string{"mkfs.ext4", "mount", "umount", "fsfreeze"} {
		Command(t, name)
	}
	dir := t.TempDir()
	d := &Disk{Path: filepath.Join(dir, "disk"), t: t}
	image := filepath.Join(dir, "image")
	for _, err := range []error{
		os.Mkdir(d.Path, 0o700),
		os.WriteFile(image, nil, 0o600),
		os.Truncate(image, 256<<20), // of which it takes what is written
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("mkfs.ext4", "-q", image).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.ext4: %v: %s", err, out)
	}
	if out, err := exec.Command("mount", "-o", "loop", image, d.Path).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, needs a machine that mounts: %v: %s", err, out)
	}
	d.guard()
	var err error
	if d.at, err = os.Open(d.Path); err != nil {
		t.Fatal(err)
	}
	return d
}

// guard starts the warden, in a session of its own so that no signal for the test
// reaches it, and ends it with the test.
func (d *Disk) guard() {
	cmd := exec.Command("sh", "-c", warden, "sh", d.Path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var in io.WriteCloser
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		unix.Unmount(d.Path, unix.MNT_DETACH)
		d.t.Fatal("start the warden of a disk: ", err)
	}
	d.t.Cleanup(func() {
		d.at.Close()
		in.Close()
		if err := cmd.Wait(); err != nil {
			d.t.Error("unmount the disk: ", err)
		}
	})
}

// Freeze returns when the disk answers no more.
func (d *Disk) Freeze() {
	d.t.Helper()
	d.control(fiFreeze, "freeze")
}

// Thaw has it answer again, if it does not. Who has something to wait for at the end
// of the test that waits for the disk calls it before.
func (d *Disk) Thaw() {
	d.t.Helper()
	d.control(fiThaw, "thaw")
}

func (d *Disk) control(request uintptr, what string) {
	d.t.Helper()
	no := unix.EINTR
	for no == unix.EINTR {
		_, _, no = unix.Syscall(unix.SYS_IOCTL, d.at.Fd(), request, 0)
	}
	if no != 0 && !(request == fiThaw && no == unix.EINVAL) { // it is not frozen
		d.t.Fatalf("%s the disk: %v", what, no)
	}
}
