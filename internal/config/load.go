package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"forever/internal/wire"
)

// LoadOptions says what is wanted of a config file.
type LoadOptions struct {
	// EnvName chooses the env_NAME variables of each app.
	EnvName string
	// Only keeps the apps of these names; empty keeps all.
	Only []string
}

// stdin is the path that stands for the standard input.
const stdin = "-"

// maxFile bounds what is read; a config file with a thousand apps has a tenth of it.
const maxFile = 1 << 20

// IsConfigFile tells by its name whether a file declares apps. A package.json
// describes a package, and a .js file is a program unless its name says more.
func IsConfigFile(path string) bool {
	return path == stdin || formatOf(path) != nil && filepath.Base(path) != "package.json"
}

// Load reads the apps of a config file: one, an array of them, or an object
// with an array named apps. In is where to read; nil opens path. "-" as path
// is JSON or YAML from in, or from the standard input.
//
// Nothing is returned unless the whole file is right; the error is a
// *FileError, or FileErrors if there are several. Relative paths become
// absolute from the file's folder.
func Load(path string, in io.Reader, o LoadOptions) ([]Settings, []Warning, error) {
	l := newLoader(path, o)
	apps := l.load(path, in)
	if err := l.mistakes(); err != nil {
		return nil, nil, err
	}
	return apps, l.warnings, nil
}

// Check is Load and Spec of each app, and finds as many mistakes as it can: an
// app that cannot be read is no reason not to look for the program of another.
func Check(path string, in io.Reader, o LoadOptions, c Caller) ([]wire.Spec, []Warning, error) {
	l := newLoader(path, o)
	var specs []wire.Spec
	for _, app := range l.load(path, in) {
		spec, err := app.Spec(c)
		if err != nil {
			l.fail(err)
			continue
		}
		specs = append(specs, spec)
	}
	return specs, l.warnings, l.mistakes()
}

// loader is one reading of a config file.
type loader struct {
	file     string // for messages
	path     string // absolute; empty for stdin
	dir      string // absolute
	data     string // what stands in it
	options  []Option
	want     LoadOptions
	defaults Settings // what the file says of all its apps
	// underApps: they stand in an array apps, which npm's files do not have.
	underApps bool
	warnings  []Warning
	idle      []idleKey // keys that ask for nothing that there is
	envNames  []string  // the NAME of every env_NAME seen
	bad       []*FileError
}

func newLoader(path string, o LoadOptions) *loader {
	return &loader{file: path, options: Options(), want: o}
}

// load returns the apps that are right, and keeps the mistakes.
func (l *loader) load(path string, in io.Reader) []Settings {
	root, err := l.parse(path, in)
	if err != nil {
		l.fail(err)
		return nil
	}
	if isProcfile(path) {
		l.procfileEnv()
	}
	apps := l.apps(root)
	l.warnIdle()
	l.warnEnvName()
	apps = l.only(apps)
	l.appendEnv(apps)
	return apps
}

// parse finds the file's format and reads it into nodes.
func (l *loader) parse(path string, in io.Reader) (*node, error) {
	parse := formatOf(path)
	if path == stdin {
		l.file, parse = "stdin", parseUnknown
	}
	if parse == nil {
		return nil, &FileError{Message: "is no config file: its name ends in none of .json .yaml .yml .toml .config.js, nor is it Procfile", Hint: "rename it, or pass it on stdin to -"}
	}
	if err := l.locate(path); err != nil {
		return nil, err
	}
	data, err := read(path, in)
	if err != nil {
		return nil, err
	}
	l.data = strings.TrimPrefix(data, "\ufeff")
	return parse(l.data)
}

// locate finds out what the file's paths are relative to.
func (l *loader) locate(path string) error {
	if path == stdin {
		dir, err := os.Getwd()
		l.dir = dir
		return err
	}
	absolute, err := filepath.Abs(path)
	l.path, l.dir = absolute, filepath.Dir(absolute)
	return err
}

// read takes a whole file, within reason.
func read(path string, in io.Reader) (string, error) {
	if in == nil && path == stdin {
		in = os.Stdin
	}
	if in == nil {
		file, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("is larger than %d MiB", maxFile>>20)
	}
	return string(data), err
}

// fail keeps a mistake as a *FileError that names the file and quotes it.
func (l *loader) fail(err error) {
	bad := &FileError{Message: err.Error(), err: err}
	var syntax *syntaxError
	var path *fs.PathError
	switch {
	case errors.As(err, &bad):
	case errors.As(err, &syntax):
		bad.Line, bad.Column = syntax.at.line, syntax.at.column
	case errors.As(err, &path):
		bad.Message, bad.Hint = path.Err.Error(), "check the path and its permissions"
	}
	if bad.File = either(bad.File, l.file); bad.File == l.file {
		bad.Source = sourceLine(l.data, bad.Line)
	}
	bad.Hint = either(bad.Hint, defaultHint(bad.Line))
	l.bad = append(l.bad, bad)
}

// mistakes are all that were kept, as one error.
func (l *loader) mistakes() error { return joined(l.bad) }

func (l *loader) warn(at position, format string, a ...any) {
	l.warnings = append(l.warnings, Warning{File: l.file, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, a...)})
}

// warnEnvName tells that the variables which were asked for are nowhere.
func (l *loader) warnEnvName() {
	name := l.want.EnvName
	if name == "" || slices.Contains(l.envNames, name) {
		return
	}
	near := ""
	if n := Nearest(name, l.envNames); n != "" {
		near = fmt.Sprintf("; did you mean %q?", n)
	}
	l.warn(position{}, "no app has env_%s%s", name, near)
}

// only drops the apps that were not asked for.
func (l *loader) only(apps []Settings) []Settings {
	if len(l.want.Only) == 0 {
		return apps
	}
	var names []string
	for _, app := range apps {
		names = append(names, app.Label())
	}
	for _, name := range l.want.Only {
		if !slices.Contains(names, name) && len(l.bad) == 0 {
			l.fail(&FileError{Message: fmt.Sprintf("has no app %q (%s)", name, strings.Join(names, ", "))})
		}
	}
	return slices.DeleteFunc(apps, func(s Settings) bool { return !slices.Contains(l.want.Only, s.Label()) })
}

// Label is what an app will be called, as far as its file tells.
func (s *Settings) Label() string { return either(s.Name, either(s.UID, defaultName(s.Script))) }
