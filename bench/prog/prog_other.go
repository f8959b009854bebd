//go:build !linux

package main

import "errors"

var errLinux = errors.New("the measurements run on Linux alone")

func stay([]string) error   { return errLinux }
func crash([]string) error  { return errLinux }
func tick([]string) error   { return errLinux }
func flood([]string) error  { return errLinux }
func loop([]string) error   { return errLinux }
func splice([]string) error { return errLinux }
func drip([]string) error   { return errLinux }
func calls([]string) error  { return errLinux }
func once([]string) error   { return errLinux }
func listen([]string) error { return errLinux }
