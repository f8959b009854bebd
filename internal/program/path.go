package program

import (
	"path/filepath"
	"strings"
)

// Getenv returns a variable of an environment in execve's form; the last one
// wins, as where the environment is made.
func Getenv(env []string, name string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if key, value, ok := strings.Cut(env[i], "="); ok && sameVariable(key, name) {
			return value
		}
	}
	return ""
}

// LookPath returns the absolute path of an executable: name itself, from Cwd or
// one of Dirs, if it has a separator, else the first on PATH. Empty: there is none.
func LookPath(c Caller, name string) string {
	if !isBareName(name) {
		for _, path := range c.paths(name) {
			if file := executableAt(path, c.Env); file != "" {
				return file
			}
		}
		return ""
	}
	f := finder{caller: c, typed: name}
	file, err := f.onPath(name)
	if err != nil {
		return ""
	}
	return file
}

// paths are the absolute paths that an interpreter with a separator may mean.
func (c Caller) paths(name string) []string {
	if filepath.IsAbs(name) {
		return []string{filepath.Clean(name)}
	}
	paths := []string{filepath.Join(c.Cwd, name)}
	for _, dir := range c.Dirs {
		paths = append(paths, filepath.Join(dir, name))
	}
	return paths
}

// onPath returns the first executable of that name on PATH, or "". A file that
// may not be executed is an error only if no other is found, as in a shell.
func (f *finder) onPath(name string) (string, error) {
	var refused string
	for _, dir := range filepath.SplitList(Getenv(f.caller.Env, "PATH")) {
		if !filepath.IsAbs(dir) { // also the empty entry, which means "here"
			dir = filepath.Join(f.caller.Cwd, dir)
		}
		path := filepath.Join(dir, name)
		if file := executableAt(path, f.caller.Env); file != "" {
			return file, nil
		}
		if refused == "" && isFile(path) {
			refused = path
		}
	}
	if refused != "" {
		return "", f.cannotExecute("chmod +x "+Quote(refused), "%q is on PATH but has no execute permission", refused)
	}
	return "", nil
}

// executableAt returns path, on Windows with the suffix that was left out, if a
// file there may be executed; else "".
func executableAt(path string, env []string) string {
	if isFile(path) && mayExecute(path, env) {
		return path
	}
	for _, suffix := range platformSuffixes(env) {
		if isFile(path + suffix) {
			return path + suffix
		}
	}
	return ""
}
