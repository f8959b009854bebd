package client

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"forever/internal/wire"
)

// place fills in where the files of an app's instance 0 are, by the rules that
// the supervisor writes them by: docs/logs.md.
func place(app *wire.App, spec *wire.Spec, root string) {
	name := fileName(app.Name)
	app.PidFile = cmp.Or(spec.PidFile, filepath.Join(root, "pids", fmt.Sprintf("%s-%d.pid", name, app.ID)))
	if spec.Output.Direct {
		return // the program writes to its caller's terminal
	}
	file := func(own, stream string) string {
		path := cmp.Or(spec.Output.File, own, filepath.Join(root, "logs", name+"-"+stream+".log"))
		if !spec.Cluster && spec.Instances <= 1 || spec.Output.Merge || path == os.DevNull {
			return path
		}
		ext := filepath.Ext(path)
		return strings.TrimSuffix(path, ext) + "-0" + ext
	}
	app.OutFile = file(spec.Output.OutFile, "out")
	app.ErrFile = file(spec.Output.ErrFile, "err")
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
