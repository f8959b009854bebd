package sock

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// limit is the longest path that fits into sun_path, with its final NUL:
// unix(7).
const limit = 107

// address is what to bind or connect to for the socket of root. folder is to
// be closed after that: a long path is reached through the open folder's entry
// in /proc, and its descriptor has to live as long as the call.
func address(root string) (addr string, folder io.Closer, err error) {
	if p := Path(root); len(p) <= limit {
		return p, none{}, nil
	}
	f, err := os.OpenFile(root, os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return "", nil, fmt.Errorf("open the root folder: %w", err)
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", f.Fd(), Name), f, nil
}
