//go:build !linux

package client

const longRoots = false
