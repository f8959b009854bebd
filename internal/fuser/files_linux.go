package fuser

import (
	"bufio"
	"bytes"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"forever/internal/proc"
)

// node names a file by where it is stored.
type node struct {
	dev, ino uint64
}

// wantedFile is one name that is a file. Of a whole file system ino is 0.
type wantedFile struct {
	index int // of the name
	node
	inodes []uint64 // of the unix sockets bound to the path
}

func (w *wantedFile) is(n node) bool {
	return w.dev == n.dev && (w.ino == 0 || w.ino == n.ino)
}

// searchFiles looks for the names that are files in the folder of every process
// under /proc.
func searchFiles(o *Options, table *proc.Table, answers []answer, uses []map[int]access) {
	var wanted []wantedFile
	for i := range answers {
		if a := &answers[i]; a.name.Space == files {
			if w, ok := a.want(o); ok {
				w.index = i
				wanted = append(wanted, w)
			}
		}
	}
	if len(wanted) == 0 {
		return
	}
	for e := range table.All() {
		if e.PID != os.Getpid() && !e.Ended() {
			searchProcess(e.PID, wanted, func(w *wantedFile, how access) { uses[w.index][e.PID] |= how })
		}
	}
}

// want looks the file up; what is wrong with it becomes the answer's error.
func (a *answer) want(o *Options) (wantedFile, bool) {
	var st unix.Stat_t
	if err := unix.Stat(a.name.Text, &st); err != nil {
		a.err = notThere(a.name.typed, err)
		return wantedFile{}, false
	}
	w := wantedFile{node: node{st.Dev, st.Ino}}
	if st.Mode&unix.S_IFMT == unix.S_IFBLK && (o.Mount || o.MountPoint) {
		w.dev = st.Rdev
	}
	mounts := mountsOf(w.dev)
	isMount := contains(mounts, a.name.Text)
	if o.MountPoint && !isMount {
		a.err = nameError("Specified filename " + a.name.Text + " is not a mountpoint.")
		return wantedFile{}, false
	}
	if o.Mount {
		w.ino = 0
	}
	if o.Mount || isMount {
		a.mounts = mounts
	}
	if st.Mode&unix.S_IFMT == unix.S_IFSOCK {
		w.inodes = unixSockets(a.name.Text)
	}
	return w, true
}

func notThere(path string, err error) error {
	if err == unix.ENOENT || err == unix.ENOTDIR {
		return nameError("Specified filename " + path + " does not exist.")
	}
	return &fs.PathError{Op: "stat", Path: path, Err: err}
}

func contains(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}

// searchProcess looks at everything that a process has open. What may not be
// seen is passed over.
func searchProcess(pid int, wanted []wantedFile, found func(*wantedFile, access)) {
	dir := "/proc/" + strconv.Itoa(pid) + "/"
	look := func(path string, how access) {
		if n, ok := nodeAt(path); ok {
			match(wanted, n, how, found)
		}
	}
	look(dir+"root", asRoot)
	look(dir+"cwd", asCwd)
	look(dir+"exe", asExe)
	searchMaps(dir, wanted, found)
	fds, err := os.ReadDir(dir + "fd")
	if err != nil {
		return
	}
	for _, fd := range fds {
		searchFD(dir, fd.Name(), wanted, found)
	}
}

func nodeAt(path string) (node, bool) {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return node{}, false
	}
	return node{st.Dev, st.Ino}, true
}

func match(wanted []wantedFile, n node, how access, found func(*wantedFile, access)) {
	for i := range wanted {
		if wanted[i].is(n) {
			found(&wanted[i], how)
		}
	}
}

// searchFD looks at one descriptor. The mode of the link says how it was opened.
func searchFD(dir, fd string, wanted []wantedFile, found func(*wantedFile, access)) {
	path := dir + "fd/" + fd
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return
	}
	how := asFile
	var link unix.Stat_t
	if unix.Lstat(path, &link) == nil && link.Mode&unix.S_IWUSR != 0 {
		how = asWriter
	}
	match(wanted, node{st.Dev, st.Ino}, how, found)
	if st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return
	}
	for i := range wanted {
		for _, inode := range wanted[i].inodes {
			if inode == st.Ino {
				found(&wanted[i], asWriter)
			}
		}
	}
}

// searchMaps looks at what is mapped into memory, proc_pid_maps(5).
func searchMaps(dir string, wanted []wantedFile, found func(*wantedFile, access)) {
	f, err := os.Open(dir + "maps")
	if err != nil {
		return
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if n, ok := parseMap(lines.Bytes()); ok {
			match(wanted, n, asMap, found)
		}
	}
}

// parseMap reads "address perms offset dev inode …"; false for memory without a
// file behind it.
func parseMap(line []byte) (node, bool) {
	const dev, ino = 3, 4
	fields := bytes.Fields(line)
	if len(fields) <= ino {
		return node{}, false
	}
	major, minor, ok := strings.Cut(string(fields[dev]), ":")
	a, err1 := strconv.ParseUint(major, 16, 32)
	b, err2 := strconv.ParseUint(minor, 16, 32)
	inode, err3 := strconv.ParseUint(string(fields[ino]), 10, 64)
	if !ok || err1 != nil || err2 != nil || err3 != nil || inode == 0 {
		return node{}, false
	}
	return node{unix.Mkdev(uint32(a), uint32(b)), inode}, true
}
