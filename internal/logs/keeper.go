package logs

import (
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"os"
	"runtime"
	"sync"
	"time"
)

// restBeforePacking is how long a file is left alone before it is compressed.
// A program that writes so much that its files are gone before costs no time
// for compressing them.
const restBeforePacking = time.Minute

// keeper compresses the older files of logs and deletes those that are too many.
// It has a goroutine, at the lowest priority, only while there is something to
// do, and a timer only for a while after a rotation.
type keeper struct {
	disk disk
	rest time.Duration
	stop chan struct{}
	work sync.WaitGroup

	// chains is held while names of older files change.
	chains sync.Mutex

	mu     sync.Mutex
	logs   map[string]int // to be looked after: how many older files to keep
	timer  *time.Timer    // nil: none is set
	closed bool
}

func newKeeper() *keeper {
	return &keeper{disk: realDisk(), rest: restBeforePacking, stop: make(chan struct{}), logs: map[string]int{}}
}

// shift puts path aside; the rest is done later.
func (k *keeper) shift(path string, keep int) error {
	k.chains.Lock()
	err := k.disk.shift(path, keep)
	k.chains.Unlock()
	if err == nil {
		k.soon(path, keep)
	}
	return err
}

// welcome looks whether a predecessor left something to do.
func (k *keeper) welcome(path string, keep int) {
	path = resolve(path)
	if exists(older(path, 2)) || exists(path+packingExt) {
		k.soon(path, keep)
	}
}

// soon has the older files of path looked after in a while.
func (k *keeper) soon(path string, keep int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.logs[path] = keep
	k.arm()
}

// arm sets the timer. k.mu is held.
func (k *keeper) arm() {
	if k.timer == nil && !k.closed && len(k.logs) > 0 {
		k.timer = time.AfterFunc(k.rest, k.run)
	}
}

func (k *keeper) close() {
	k.mu.Lock()
	if !k.closed {
		k.closed = true
		close(k.stop)
		if k.timer != nil {
			k.timer.Stop()
		}
	}
	k.mu.Unlock()
	k.work.Wait()
}

// run looks after all logs once. Its thread ends with it, and with the thread
// its priority.
func (k *keeper) run() {
	runtime.LockOSThread()
	lowestPriority()
	k.mu.Lock()
	todo := k.logs
	k.logs = map[string]int{}
	if k.closed {
		k.mu.Unlock()
		return
	}
	k.work.Add(1)
	k.mu.Unlock()
	defer k.work.Done()

	later := map[string]int{}
	for path, keep := range todo {
		if k.tidy(path, keep) {
			later[path] = keep
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	maps.Copy(later, k.logs) // what was said meanwhile counts
	k.logs, k.timer = later, nil
	k.arm()
}

// tidy does what there is to do for one log; true: some files have not rested
// for long enough yet. What fails (the disk is full) is left for the next time
// that the log is put aside.
func (k *keeper) tidy(path string, keep int) (again bool) {
	os.Remove(path + packingExt)
	list, err := olderParts(path)
	if err != nil {
		return false
	}
	for _, p := range list {
		switch {
		case p.n > keep:
			k.drop(path, p.n)
		case p.packed:
			continue
		case k.settle(path, p.n) || p.n == 1:
			continue
		default:
			again = k.pack(path, p) == errYoung || again
		}
	}
	return again
}

func (k *keeper) drop(path string, n int) {
	k.chains.Lock()
	defer k.chains.Unlock()
	_ = k.disk.drop(path, n) // tried again at the next rotation
}

// settle is disk.settle; true: there is nothing left to compress.
func (k *keeper) settle(path string, n int) bool {
	k.chains.Lock()
	defer k.chains.Unlock()
	return k.disk.settle(path, n) != nil || !exists(older(path, n))
}

var (
	errYoung  = errors.New("it was written to a moment ago")
	errMoved  = errors.New("it is gone or has changed")
	errClosed = errors.New("the keeper is closed")
)

// pack compresses an older file. The compressed one gets its name when it is
// whole and on the disk, under whatever number the file has by then; the plain
// one goes afterwards. Killed in between, both are there: see disk.settle.
func (k *keeper) pack(path string, p part) (err error) {
	src, err := openRegular(p.path)
	if err != nil || src == nil {
		return errMoved
	}
	defer src.Close()
	st, err := src.Stat()
	if err != nil {
		return err
	}
	if time.Since(st.ModTime()) < k.rest {
		return errYoung
	}
	tmp := path + packingExt
	if err := k.write(tmp, src, st); err != nil {
		os.Remove(tmp)
		return err
	}
	return k.replace(path, tmp, src, st)
}

// write compresses src, of which st was known, into a new file.
func (k *keeper) write(tmp string, src *os.File, st os.FileInfo) (err error) {
	dst, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	z, _ := gzip.NewWriterLevel(dst, gzip.BestSpeed) // a level that exists
	z.ModTime = st.ModTime()
	n, err := io.Copy(z, stoppable{src, k.stop})
	if err == nil && n != st.Size() {
		err = errMoved
	}
	err = errors.Join(err, z.Close(), dst.Sync())
	likeness(dst, st)
	err = errors.Join(err, dst.Close())
	return errors.Join(err, os.Chtimes(tmp, time.Time{}, st.ModTime()))
}

// replace puts the compressed file in the place of src, unless that is gone or
// was written to.
func (k *keeper) replace(path, tmp string, src *os.File, st os.FileInfo) error {
	k.chains.Lock()
	defer k.chains.Unlock()
	plain := find(path, st)
	now, err := src.Stat()
	src.Close() // Windows deletes no file that is open
	if plain == "" || err != nil || now.Size() != st.Size() {
		os.Remove(tmp)
		return errMoved
	}
	if err := os.Rename(tmp, plain+packedExt); err != nil {
		os.Remove(tmp)
		return err
	}
	return k.disk.remove(plain)
}

// flush deletes what has been put aside, and the index of the current file.
func (k *keeper) flush(path string) error {
	list, err := olderParts(path)
	if err != nil {
		return err
	}
	k.chains.Lock()
	defer k.chains.Unlock()
	err = ignoreMissing(k.disk.remove(path + indexExt))
	for _, p := range list {
		err = errors.Join(err, k.disk.drop(path, p.n))
	}
	return err
}

// find is the name that an older file of path has now, or "".
func find(path string, st os.FileInfo) string {
	list, err := olderParts(path)
	if err != nil {
		return ""
	}
	for _, p := range list {
		if now, err := os.Lstat(p.path); err == nil && os.SameFile(now, st) {
			return p.path
		}
	}
	return ""
}

// stoppable is a reader that ends with an error when stop is closed.
type stoppable struct {
	io.Reader
	stop <-chan struct{}
}

func (s stoppable) Read(b []byte) (int, error) {
	select {
	case <-s.stop:
		return 0, errClosed
	default:
		return s.Reader.Read(b)
	}
}
