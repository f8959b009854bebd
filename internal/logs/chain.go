package logs

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The files of one log: FILE, then FILE.1, FILE.2 or FILE.2.gz and so on, the
// oldest last; beside each a time index, FILE.idx, FILE.1.idx …; and FILE.gz.tmp
// while an older one is being compressed.
const (
	packedExt  = ".gz"
	indexExt   = ".idx"
	packingExt = ".gz.tmp"
)

// older is the name of the nth file before the current one, without the
// extension of a compressed one; the 0th is the current one.
func older(path string, n int) string {
	if n == 0 {
		return path
	}
	return path + "." + strconv.Itoa(n)
}

// resolve is the file that a path leads to: links are not put aside, files are.
func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// disk is the calls that change names, which tests let fail.
type disk struct {
	rename func(from, to string) error
	remove func(path string) error
}

func realDisk() disk { return disk{os.Rename, discard} }

// shift makes path free, by putting it and the older files aside, of which it
// keeps so many. Whoever is killed in the middle of it leaves a gap in the
// numbers, in which the next shift comes to its end: no file ever takes the
// place of another.
func (d disk) shift(path string, keep int) error {
	if keep <= 0 {
		return d.drop(path, 0)
	}
	free := 1
	for free < keep && taken(path, free) {
		free++
	}
	if taken(path, free) {
		if err := d.drop(path, free); err != nil {
			return err
		}
	}
	for n := free - 1; n >= 0; n-- {
		if err := d.pass(path, n); err != nil {
			return err
		}
	}
	return nil
}

// pass gives the nth older file the next number. The index goes first: one
// without its file is nothing to a reader, and the file follows it at the next
// shift.
func (d disk) pass(path string, n int) error {
	if err := d.settle(path, n); err != nil {
		return err
	}
	from, to := older(path, n), older(path, n+1)
	for _, ext := range []string{indexExt, "", packedExt} {
		if n == 0 && ext == packedExt {
			continue
		}
		if err := ignoreMissing(d.rename(from+ext, to+ext)); err != nil {
			return err
		}
	}
	return nil
}

// settle ends a compression that was cut short after the compressed file had
// its name: the other one is removed.
func (d disk) settle(path string, n int) error {
	plain := older(path, n)
	if n == 0 || !exists(plain) || !isPacked(plain, plain+packedExt) {
		return nil
	}
	return d.remove(plain)
}

// drop deletes the nth older file.
func (d disk) drop(path string, n int) error {
	name := older(path, n)
	for _, ext := range []string{indexExt, packedExt, ""} {
		if n == 0 && ext == packedExt {
			continue
		}
		if err := ignoreMissing(d.remove(name + ext)); err != nil {
			return err
		}
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// taken tells whether there is an nth older file.
func taken(path string, n int) bool {
	return exists(older(path, n)) || exists(older(path, n)+packedExt)
}

// isPacked tells whether packed holds as many bytes as plain. It has its name
// only since it is whole, so that this is enough to know it from a stranger.
func isPacked(plain, packed string) bool {
	st, err := os.Lstat(plain)
	if err != nil {
		return false
	}
	size, err := packedSize(packed)
	return err == nil && size == uint32(st.Size())
}

// packedSize is the last word of a file that gzip made: how many bytes went in,
// modulo 2^32.
func packedSize(path string) (uint32, error) {
	f, err := openRegular(path)
	if err != nil {
		return 0, err
	}
	if f == nil {
		return 0, fs.ErrInvalid
	}
	defer f.Close()
	var word [4]byte
	if _, err := f.Seek(-4, io.SeekEnd); err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(f, word[:]); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(word[:]), nil
}

// part is one file of a log.
type part struct {
	n      int // 0: the current one
	path   string
	packed bool
}

// olderParts lists the older files of a log, the newest first. Of one that is
// there twice (see settle) only the plain one is in it.
func olderParts(path string) ([]part, error) {
	dir, base := filepath.Split(path)
	entries, err := os.ReadDir(filepath.Clean(dir))
	if err != nil {
		return nil, err
	}
	var list []part
	for _, e := range entries {
		tail, ours := strings.CutPrefix(e.Name(), base+".")
		digits, packed := strings.CutSuffix(tail, packedExt)
		n, err := strconv.Atoi(digits)
		if ours && err == nil && n > 0 && strconv.Itoa(n) == digits && !e.IsDir() {
			list = append(list, part{n, filepath.Join(dir, e.Name()), packed})
		}
	}
	slices.SortFunc(list, func(a, b part) int {
		if a.n == b.n && a.packed != b.packed {
			return cmp.Compare(len(a.path), len(b.path))
		}
		return cmp.Compare(a.n, b.n)
	})
	return slices.CompactFunc(list, func(next, last part) bool {
		return next.n == last.n && isPacked(last.path, next.path)
	}), nil
}
