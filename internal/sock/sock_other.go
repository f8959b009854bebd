//go:build !linux

package sock

import (
	"fmt"
	"io"
)

// limit is the longest path that fits into sun_path on every system built
// here: 104 bytes with the final NUL on macOS, unix(4).
const limit = 103

// address is what to bind or connect to for the socket of root. There is no
// way around the limit here.
func address(root string) (addr string, folder io.Closer, err error) {
	p := Path(root)
	if len(p) > limit {
		return "", nil, fmt.Errorf("%s is longer than the %d bytes a socket's path may have; choose a shorter --root", p, limit)
	}
	return p, none{}, nil
}
