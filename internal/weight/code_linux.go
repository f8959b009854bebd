package weight

import (
	"bufio"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// dropCode unmaps the pages of this binary's code and constants. The kernel
// maps sixteen around each that is touched, so that after a start most of the
// binary counts as resident; what is used again is mapped again from the page
// cache, without a read. It is an economy: where anything is unclear it does
// nothing.
func dropCode() {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer f.Close()
	for _, m := range cleanMappings(bufio.NewScanner(f), strings.TrimSuffix(exe, " (deleted)")) {
		// MADV_DONTNEED on a private file mapping whose pages are the file's
		// own loses nothing (madvise(2)).
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.start, m.size, unix.MADV_DONTNEED)
	}
}

type mapping struct{ start, size uintptr }

// cleanMappings are the read-only mappings of exe without a page of our own: one
// that was relocated or patched must stay (proc_pid_smaps(5), "Anonymous").
func cleanMappings(smaps *bufio.Scanner, exe string) (clean []mapping) {
	var m mapping
	ours := false
	for smaps.Scan() {
		line := smaps.Text()
		if head, ok := parseMapping(line); ok {
			fields := strings.Fields(line)
			ours = len(fields) >= 6 && !strings.Contains(fields[1], "w") && strings.TrimSuffix(strings.Join(fields[5:], " "), " (deleted)") == exe
			m = head
			continue
		}
		if value, ok := strings.CutPrefix(line, "Anonymous:"); ok && ours && strings.Fields(value)[0] == "0" {
			clean = append(clean, m)
		}
	}
	return clean
}

// parseMapping reads the first line of a mapping, "START-END rights …".
func parseMapping(line string) (m mapping, ok bool) {
	first, _, _ := strings.Cut(line, " ")
	from, to, ok := strings.Cut(first, "-")
	if !ok {
		return m, false
	}
	start, ok1 := parseHex(from)
	end, ok2 := parseHex(to)
	return mapping{start, end - start}, ok1 && ok2 && end > start
}

func parseHex(s string) (n uintptr, ok bool) {
	for _, c := range []byte(s) {
		d := strings.IndexByte("0123456789abcdef", c)
		if d < 0 {
			return 0, false
		}
		n = n<<4 | uintptr(d)
	}
	return n, s != ""
}
