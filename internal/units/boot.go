package units

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// The init systems that have a hook.
const (
	Systemd = "systemd"
	OpenRC  = "openrc"
	Launchd = "launchd"
	Cron    = "cron"
)

// Kinds are all of them, in the order in which Detect prefers them.
func Kinds() []string { return []string{Systemd, OpenRC, Launchd, Cron} }

// Boot is what shall run at boot: forever resurrect, for one root. All paths
// are absolute.
type Boot struct {
	Exe  string // the forever binary
	Root string
	Home string
	Path string // PATH of the programs' helpers; programs have their own, saved one
	User string // whose forever it is
	UID  int
	// PerUser asks for the user's own manager instead of the machine's.
	PerUser bool
}

// Hook is what an init system reads, and how it is told of it.
type Hook struct {
	Kind string
	Name string      // of the service
	File string      // absolute; empty for cron, whose table has a line instead
	Mode fs.FileMode // of File
	Text string
	// System: only the superuser can set it up.
	System bool
	// On and Off are the commands that switch it on, once File is there, and
	// off, before it is removed. After are those to run when it is gone.
	On, Off, After [][]string
}

// Hook makes the hook of an init system.
func (b Boot) Hook(kind string) (Hook, error) {
	for _, text := range []string{b.Exe, b.Root, b.Home, b.Path, b.User} {
		if strings.ContainsFunc(text, unicode.IsControl) {
			return Hook{}, fmt.Errorf("%q has a control character in it, which the files of init systems cannot hold", text)
		}
	}
	switch kind {
	case Systemd:
		return b.systemd(), nil
	case OpenRC:
		return b.openrc(), nil
	case Launchd:
		return b.launchd(), nil
	case Cron:
		return b.cron(), nil
	}
	return Hook{}, fmt.Errorf("unknown init system %q (%s)", kind, strings.Join(Kinds(), ", "))
}

// name tells the hooks of one machine, or of one user, apart: roots other than
// ~/.forever carry a number made of their path.
func (b Boot) name(shared bool) string {
	name := "forever"
	if shared && b.UID != 0 {
		name += "-" + fit(b.User)
	}
	if b.Root == filepath.Join(b.Home, ".forever") {
		return name
	}
	h := fnv.New32a()
	h.Write([]byte(b.Root))
	return fmt.Sprintf("%s-%s-%08x", name, fit(filepath.Base(b.Root)), h.Sum32())
}

// fit makes a text fit for the name of a service.
func fit(text string) string {
	fits := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r)
	}
	return strings.Trim(strings.Map(func(r rune) rune {
		if fits(r) {
			return r
		}
		return '-'
	}, text), ".-")
}

// environment is what resurrect has to find.
func (b Boot) environment() [][2]string {
	return [][2]string{{"FOREVER_ROOT", b.Root}, {"HOME", b.Home}, {"PATH", b.Path}}
}

// command is a command line of forever for a shell, with its environment.
func (b Boot) command(action string) string {
	words := []string{"env"}
	for _, v := range b.environment() {
		words = append(words, shellWord(v[0]+"="+v[1]))
	}
	return strings.Join(append(words, shellWord(b.Exe), action), " ")
}

// shellWord quotes a word for sh where it needs that.
func shellWord(word string) string {
	plain := func(r rune) bool { return fit(string(r)) == string(r) || strings.ContainsRune("-./:=,+@", r) }
	if word != "" && !slices.ContainsFunc([]rune(word), func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
