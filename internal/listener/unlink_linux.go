//go:build linux && !amd64

package listener

const sysUnlink = -1 // programs call unlinkat(2) alone, or are not reported
