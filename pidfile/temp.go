package pidfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// A temporary file is named .forever-PID-START-N.tmp after the process that
// writes it. One that was killed meanwhile leaves the file behind, and by the
// name the next process to write in the folder knows that it is nobody's.
const (
	tempPrefix = ".forever-"
	tempSuffix = ".tmp"
)

var temps struct {
	count atomic.Uint64

	sync.Mutex
	self  Process         // this process, once it is known
	swept map[string]bool // the folders that this process has rid of leftovers
}

// createTemp makes a new file in dir, which nobody else can open.
func (c *calls) createTemp(dir string) (*os.File, error) {
	self := c.sweepOnce(dir)
	for {
		name := fmt.Sprintf("%s%d-%d-%d%s", tempPrefix, self.PID, self.Start, temps.count.Add(1), tempSuffix)
		// It can exist after this process has replaced its program by exec(3).
		f, err := c.create(filepath.Join(dir, name))
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
}

// sweepOnce removes from dir what dead processes have left, at the first call
// for it, and returns the identity of this process. A leftover that cannot be
// removed is no reason not to write.
func (c *calls) sweepOnce(dir string) Process {
	temps.Lock()
	defer temps.Unlock()
	if temps.self.IsZero() {
		// Without an answer the start stays 0, and the PID has to do.
		if temps.self, _ = Identify(os.Getpid()); temps.self.IsZero() {
			return Process{PID: os.Getpid()}
		}
	}
	if temps.swept[dir] {
		return temps.self
	}
	if temps.swept == nil {
		temps.swept = map[string]bool{}
	}
	temps.swept[dir] = true
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if leftover(e.Name(), temps.self.Boot) {
			c.remove(filepath.Join(dir, e.Name()))
		}
	}
	return temps.self
}

// leftover says whether the name is that of a temporary file whose writer is
// dead. Of a writer in another PID namespace this may be said wrongly; its
// rename fails then, and it keeps the old content.
func leftover(name, boot string) bool {
	middle, ok := strings.CutPrefix(name, tempPrefix)
	if !ok {
		return false
	}
	middle, ok = strings.CutSuffix(middle, tempSuffix)
	parts := strings.Split(middle, "-")
	if !ok || len(parts) != 3 {
		return false
	}
	pid, err1 := strconv.Atoi(parts[0])
	start, err2 := strconv.ParseUint(parts[1], 10, 64)
	if err1 != nil || err2 != nil {
		return false
	}
	writer := Process{PID: pid, Start: start, Boot: boot}
	return errors.Is(writer.Check(), os.ErrProcessDone)
}
