package program

import (
	"path/filepath"
	"slices"
	"strings"
)

// platformSuffixes are the suffixes that this system lets a user leave out.
func platformSuffixes(env []string) []string {
	list := Getenv(env, "PATHEXT")
	if list == "" {
		list = ".COM;.EXE;.BAT;.CMD" // what Windows itself falls back to
	}
	var suffixes []string
	for _, suffix := range strings.Split(strings.ToLower(list), ";") {
		if strings.HasPrefix(suffix, ".") && !slices.Contains(Suffixes(), suffix) {
			suffixes = append(suffixes, suffix)
		}
	}
	return suffixes
}

// mayExecute goes by the suffix: Windows has no execute bit.
func mayExecute(path string, env []string) bool {
	return slices.Contains(platformSuffixes(env), strings.ToLower(filepath.Ext(path)))
}

// executesScripts tells whether the kernel follows a #! line.
const executesScripts = false

func sameVariable(a, b string) bool { return strings.EqualFold(a, b) }

// pythons: the installer of python.org names it python.exe.
func pythons() []string { return []string{"python3", "python"} }
