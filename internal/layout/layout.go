// Package layout knows where the files of an app are: the supervisor writes them
// there, and a client tells of them while nobody supervises.
package layout

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"forever/internal/wire"
)

// Logs are the log files of an instance of an app under root. errs is empty where
// both streams go to one file.
func Logs(root string, spec *wire.Spec, index int) (out, errs string) {
	o := &spec.Output
	if o.File != "" {
		return perInstance(spec, o.File, index), ""
	}
	own := func(stream string) string {
		return filepath.Join(root, "logs", fileName(spec.Name)+"-"+stream+".log")
	}
	return perInstance(spec, cmp.Or(o.OutFile, own("out")), index), perInstance(spec, cmp.Or(o.ErrFile, own("err")), index)
}

// Shown are the log files of an app's first instance as list tells of them: the
// same twice where both streams go to one file, none where the program writes to
// its caller's terminal.
func Shown(root string, spec *wire.Spec) (out, errs string) {
	if spec.Output.Direct {
		return "", ""
	}
	out, errs = Logs(root, spec, 0)
	return out, cmp.Or(errs, out)
}

// Pid is the file with the PID of an instance of the app with that id.
func Pid(root string, spec *wire.Spec, id, index int) string {
	path := cmp.Or(spec.PidFile, filepath.Join(root, "pids", fmt.Sprintf("%s-%d.pid", fileName(spec.Name), id)))
	if index == 0 {
		return path
	}
	return withSuffix(path, index)
}

// perInstance gives each of several instances a file of its own.
func perInstance(spec *wire.Spec, path string, index int) string {
	if !spec.Cluster && spec.Instances <= 1 || spec.Output.Merge || path == os.DevNull {
		return path
	}
	return withSuffix(path, index)
}

func withSuffix(path string, index int) string {
	ext := filepath.Ext(path)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), index, ext)
}

// fileName makes a name of an app fit for a file.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r < ' ' {
			return '_'
		}
		return r
	}, name)
}
