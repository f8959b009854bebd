package program

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Suffixes returns what may be left out of a script's name, in the order tried.
func Suffixes() []string {
	return []string{".js", ".mjs", ".cjs", ".ts", ".py", ".sh", ".rb", ".php", ".pl"}
}

// place is where a program was found.
type place struct {
	file string // absolute
	name string // from package.json; usually empty
}

// locate finds the file. With anyFolder a folder that is no program by itself
// is good enough, because the user named the command that will read it.
func (f *finder) locate(anyFolder bool) (place, error) {
	var folders []string
	for _, path := range f.candidates() {
		p, folder, err := f.locateAt(path)
		if err != nil || p.file != "" {
			return p, err
		}
		if folder {
			folders = append(folders, path)
		}
	}
	if len(folders) > 0 && anyFolder {
		return place{file: folders[0]}, nil
	}
	if isBareName(f.path) {
		file, err := f.onPath(f.path)
		if err != nil || file != "" {
			return place{file: file}, err
		}
	}
	return place{}, f.nowhere(folders)
}

// candidates are the absolute paths that the typed one may mean.
func (f *finder) candidates() []string {
	if filepath.IsAbs(f.path) {
		return []string{filepath.Clean(f.path)}
	}
	var paths []string
	for _, dir := range f.dirs() {
		paths = append(paths, filepath.Join(dir, f.path))
	}
	return paths
}

// dirs are the folders that a relative path is looked up in.
func (f *finder) dirs() []string {
	if len(f.caller.Dirs) > 0 {
		return f.caller.Dirs
	}
	return []string{f.caller.Cwd}
}

// locateAt looks for a program at one absolute path. Folder tells that there is
// a folder which is no program.
func (f *finder) locateAt(path string) (p place, folder bool, err error) {
	isFolder, err := f.isFolder(path)
	if err != nil {
		return place{}, false, err
	}
	onlyFolder := endsInSeparator(f.path)
	if !onlyFolder && !isFolder && isFile(path) {
		return place{file: path}, false, nil
	}
	if !onlyFolder {
		for _, suffix := range append(Suffixes(), platformSuffixes(f.caller.Env)...) {
			if isFile(path + suffix) {
				return place{file: path + suffix}, false, nil
			}
		}
	}
	if !isFolder {
		return place{}, false, nil
	}
	p, err = f.inFolder(path)
	return p, p.file == "", err
}

// isFolder tells whether path is a folder. That nothing is there is no error,
// that nobody may look is one.
func (f *finder) isFolder(path string) (bool, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil:
		return info.IsDir(), nil
	case errors.Is(err, fs.ErrPermission):
		return false, f.cannotExecute("check the permissions of the folders above it", "%q may not be looked at: permission denied", path)
	default:
		return false, nil
	}
}

// nowhere is the error of a search that found nothing.
func (f *finder) nowhere(folders []string) error {
	for _, path := range f.candidates() {
		if err := f.oddAt(path); err != nil {
			return err
		}
	}
	if len(folders) > 0 {
		return f.cannotExecute(`name the script in it, or give its package.json a "main"`,
			"%q is a folder with neither a package.json that names a main file nor an index.js", f.typed)
	}
	where := "no file, no script and no folder of that name"
	if isBareName(f.path) {
		where += ", and nothing on PATH"
	}
	return f.notFound("check the spelling; it was sought in "+strings.Join(f.dirs(), " and "), "%q was not found: %s", f.typed, where)
}

// isBareName tells whether a name is looked up on PATH, as a shell does.
func isBareName(path string) bool {
	return path != "." && path != ".." && !strings.ContainsRune(path, '/') && !strings.ContainsRune(path, filepath.Separator)
}

func endsInSeparator(path string) bool {
	return path != "" && os.IsPathSeparator(path[len(path)-1])
}

// isFile tells whether there is something at path that has content: a regular
// file, after symbolic links.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
