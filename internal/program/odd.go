package program

import "os"

// oddAt is the error of a path at which there is something, but neither a file
// nor a folder. Without such a thing it is nil.
func (f *finder) oddAt(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return nil // nothing is there
	}
	link := info.Mode().Type() == os.ModeSymlink
	if link {
		info, err = os.Stat(path)
	}
	switch {
	case err != nil:
		to, _ := os.Readlink(path)
		return f.notFound("put there what it leads to, or name another program",
			"%q is a symbolic link to %q, where nothing is", f.typed, to)
	case !info.IsDir() && !info.Mode().IsRegular():
		return f.cannotExecute("name a file or a folder", "%q is no program: it is %s", f.typed, kind(info.Mode()))
	}
	return nil
}

// kind names what is neither a file nor a folder.
func kind(mode os.FileMode) string {
	switch {
	case mode&os.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&os.ModeSocket != 0:
		return "a socket"
	case mode&os.ModeDevice != 0:
		return "a device"
	}
	return "neither a file nor a folder"
}
