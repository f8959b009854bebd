package logs

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// File is one file of a log.
type File struct {
	Path    string
	Older   int // 0: the one that is written to; 1: the one before it …
	Size    int64
	Changed time.Time
}

// Files lists the files of a log, the newest first. There may be none.
func Files(path string) ([]File, error) {
	list, err := olderParts(resolve(path))
	if err != nil && !missing(err) {
		return nil, err
	}
	var files []File
	for _, p := range append([]part{{path: path}}, list...) {
		st, err := os.Stat(p.path)
		if err == nil && st.Mode().IsRegular() {
			files = append(files, File{p.path, p.n, st.Size(), st.ModTime()})
		}
	}
	return files, nil
}

// Owner is the log that a file belongs to by its name: web.log for web.log,
// web.log.2.gz and web.log.1.idx.
func Owner(file string) string {
	base := file
	for _, ext := range []string{packingExt, indexExt, packedExt} {
		if rest, cut := strings.CutSuffix(base, ext); cut {
			base = rest
			break
		}
	}
	number := strings.TrimPrefix(filepath.Ext(base), ".")
	if n, err := strconv.Atoi(number); err == nil && n > 0 && strconv.Itoa(n) == number {
		base = strings.TrimSuffix(base, "."+number)
	}
	return base
}
