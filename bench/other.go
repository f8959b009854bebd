//go:build !linux

package main

import (
	"context"
	"errors"
)

var errLinux = errors.New("the measurements run on Linux alone; -readme works everywhere")

func sectionNames() []string { return nil }

func kept(work func(context.Context) error) error { return work(context.Background()) }

func measure(context.Context, options) error { return errLinux }
