//go:build linux && !amd64 && !arm64

package launch

const auditArch = 0

var removals []uint32
