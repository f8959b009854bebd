package program

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// inFolder returns the program that a folder stands for, as Node understands
// it: the main file of its package.json, else its index.js. An empty place
// means that there is none.
func (f *finder) inFolder(dir string) (place, error) {
	pkg, err := f.readPackage(filepath.Join(dir, "package.json"))
	if err != nil {
		return place{}, err
	}
	name := pkg.Name[strings.LastIndexByte(pkg.Name, '/')+1:] // without the scope
	if name == "" {
		name = filepath.Base(dir)
	}
	if pkg.Main != "" {
		if file := mainFile(filepath.Join(dir, pkg.Main)); file != "" {
			return place{file: file, name: name}, nil
		}
	}
	if index := filepath.Join(dir, "index.js"); isFile(index) {
		return place{file: index, name: name}, nil
	}
	if pkg.Main != "" {
		return place{}, f.notFound("build the package, or correct its package.json",
			"%q is the main file in %q but does not exist", pkg.Main, filepath.Join(dir, "package.json"))
	}
	return place{}, nil
}

// packageFile is what we read of a package.json.
type packageFile struct {
	Name string `json:"name"`
	Main string `json:"main"`
}

// readPackage reads a package.json; one that is not there is empty.
func (f *finder) readPackage(path string) (packageFile, error) {
	var pkg packageFile
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return pkg, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &pkg)
	}
	if err != nil {
		return pkg, f.cannotExecute("correct "+path+", or name the script itself", "read %q: %v", path, err)
	}
	return pkg, nil
}

// mainFile returns the file that a package's main means: node lets its suffix
// be left out and takes a folder's index.js. Empty: there is none.
func mainFile(path string) string {
	for _, try := range []string{path, path + ".js", path + ".cjs", path + ".mjs", path + ".ts", filepath.Join(path, "index.js")} {
		if isFile(try) {
			return try
		}
	}
	return ""
}
