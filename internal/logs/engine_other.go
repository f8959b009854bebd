//go:build !linux

package logs

type engine = plainEngine

func newEngine() (*engine, error) { return newPlainEngine(), nil }
