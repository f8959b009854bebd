package main

import (
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// thisMachine describes where the run takes place.
func thisMachine() Machine {
	m := Machine{CPU: "unknown CPU", CPUs: runtime.NumCPU(), Tools: map[string]string{}}
	m.CPU = fileValue("/proc/cpuinfo", "model name", ":", m.CPU)
	m.System = strings.Trim(fileValue("/etc/os-release", "PRETTY_NAME", "=", "unknown system"), `"`)
	m.MemoryMB = int(leadingNumber(fileValue("/proc/meminfo", "MemTotal", ":", "0")) >> 10)
	var u unix.Utsname
	if err := unix.Uname(&u); err == nil {
		m.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	for _, tool := range [][]string{{"go", "version"}, {"node", "--version"}, {"python3", "--version"}, {"cc", "--version"}} {
		m.Tools[tool[0]] = versionOf(tool[0], tool[1:]...)
	}
	return m
}

// fileValue is the value of the first line that begins with key.
func fileValue(path, key, separator, otherwise string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return otherwise
	}
	for line := range strings.Lines(string(data)) {
		name, value, ok := strings.Cut(line, separator)
		if ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return otherwise
}

// versionOf is the first word with a digit and a dot in a program's answer, or
// "missing".
func versionOf(name string, args ...string) string {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return "missing"
	}
	for _, word := range strings.Fields(string(out)) {
		if strings.ContainsAny(word, "0123456789") && strings.Contains(word, ".") {
			return strings.Trim(word, "v,()")
		}
	}
	return "unknown version"
}
