package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"

	"forever/internal/render"
	"forever/internal/units"
)

const aboutInit = `Without a name the init system is found out. As root the machine's is meant, else
the user's own where there is one (systemd, launchd). cron is the last resort: it
starts programs at boot, and nobody stops them in order when the machine goes down.`

func startupOptions() []*option {
	return []*option{
		{name: "user", usage: "also as root: the user's own systemd or launchd, not the machine's"},
		{name: "dry-run", usage: "print the file, and what would be run; change nothing"},
	}
}

func startupCommand() *command {
	return &command{
		name: "startup", shape: targets, most: 1, words: "at most one of " + strings.Join(units.Kinds(), ", "),
		synopsis: []string{"startup [options] [systemd|openrc|launchd|cron]"},
		brief:    "have the saved apps started at boot",
		about: `Writes a unit, script, property list or crontab line that runs forever resurrect at
boot, for this root, and switches it on. What is done is printed before it is done.

` + aboutInit,
		options: startupOptions(),
		examples: []example{
			{"forever startup", "and then forever save, whenever the right apps run"},
			{"forever startup systemd --dry-run", "look at the unit first"},
		},
		exits: []exit{
			{"0", "done, or shown"},
			{"1", "it could not be done; what is left to do is said"},
			{"2", "the command line was wrong"},
		},
		complete: initSystems,
		run:      (*call).startup,
	}
}

func unstartupCommand() *command {
	return &command{
		name: "unstartup", shape: targets, most: 1, words: "at most one of " + strings.Join(units.Kinds(), ", "),
		synopsis: []string{"unstartup [options] [systemd|openrc|launchd|cron]"},
		brief:    "take back what startup did",
		about:    "Switches the hook off and removes it. No program is stopped, and what was saved stays.\n\n" + aboutInit,
		options:  startupOptions(),
		examples: []example{{"forever unstartup", "nothing of forever starts at boot any more"}},
		exits: []exit{
			{"0", "done, or there was nothing to take back"},
			{"1", "it could not be done; what is left to do is said"},
			{"2", "the command line was wrong"},
		},
		complete: initSystems,
		run:      (*call).unstartup,
	}
}

func initSystems(*call) []candidate {
	var list []candidate
	for _, kind := range units.Kinds() {
		list = append(list, candidate{word: kind})
	}
	return list
}

func (c *call) startup() error {
	h, err := c.hook()
	if err != nil {
		return err
	}
	byHand := c.installWords(h)
	switch {
	case c.opts.Bool("dry-run"):
		return c.showHook(h)
	case h.System && os.Geteuid() != 0:
		return &failure{fmt.Errorf("%s is root's to set up, and nothing was done", h.Kind), byHand}
	}
	if err := c.machine.Install(c.ctx, h, func(step string) { c.say("%s", step) }); err != nil {
		return &failure{setUpError(err), "what is left to do by hand: " + byHand}
	}
	if _, err := readSaved(c.root); err != nil {
		c.note("nothing is saved yet; once the right apps run: forever save")
	}
	return nil
}

func (c *call) unstartup() error {
	h, err := c.hook()
	if err != nil {
		return err
	}
	byHand := "crontab -e"
	if h.File != "" {
		byHand = joined(h.Off) + " && rm " + render.Word(h.File)
	}
	switch {
	case !c.machine.Installed(h):
		c.say("nothing to take back: there is no %s", h.File)
		return nil
	case c.opts.Bool("dry-run"):
		c.say("would run: %s", byHand)
		return nil
	case h.System && os.Geteuid() != 0:
		return &failure{fmt.Errorf("%s is root's to change, and nothing was done", h.Kind), "as root: " + byHand}
	}
	if err := c.machine.Remove(c.ctx, h, func(step string) { c.say("%s", step) }); err != nil {
		return setUpError(err)
	}
	return nil
}

// setUpError says of a missing command what is missing.
func setUpError(err error) error {
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%w; is this the init system of this machine?", err)
	}
	return err
}

// hook is what the command line asks for.
func (c *call) hook() (units.Hook, error) {
	kind, err := c.initSystem()
	if err != nil {
		return units.Hook{}, err
	}
	b := units.Boot{Root: c.root, Path: os.Getenv("PATH"), UID: os.Geteuid()}
	b.PerUser = (c.opts.Bool("user") || b.UID != 0) && (kind == units.Systemd || kind == units.Launchd)
	if b.Home, err = homeFolder(); err != nil {
		return units.Hook{}, err
	}
	me, err := user.Current()
	if err != nil {
		return units.Hook{}, fmt.Errorf("find the user's name: %w", err)
	}
	b.User = me.Username
	if b.Exe, err = installedBinary(); err != nil {
		return units.Hook{}, err
	}
	return b.Hook(kind)
}

func (c *call) initSystem() (string, error) {
	if len(c.args) == 0 {
		kind, err := c.machine.Detect(runtime.GOOS)
		if err != nil {
			return "", &failure{err, "name one: forever startup " + strings.Join(units.Kinds(), "|")}
		}
		return kind, nil
	}
	for _, kind := range units.Kinds() {
		if kind == c.args[0] {
			return kind, nil
		}
	}
	return "", usagef(c.line.hint(), "unknown init system %q (%s)", c.args[0], strings.Join(units.Kinds(), ", "))
}

// installedBinary is the path of this program that outlives an update: the one
// on PATH, which may be a link to a versioned file, where that is this program.
func installedBinary() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this binary: %w", err)
	}
	found, err := exec.LookPath("forever")
	if err != nil {
		return exe, nil
	}
	found, err = filepath.Abs(found)
	if err != nil {
		return exe, nil
	}
	if a, err := os.Stat(exe); err == nil {
		if b, err := os.Stat(found); err == nil && os.SameFile(a, b) {
			return found, nil
		}
	}
	return exe, nil
}

// showHook prints the file alone to stdout, so that it can be piped to its place.
func (c *call) showHook(h units.Hook) error {
	if _, err := fmt.Fprint(c.out, h.Text); err != nil {
		return err
	}
	c.note("nothing was changed; to do it by hand: %s", c.installWords(h))
	return nil
}

// installWords are the commands that set the hook up, as they can be pasted.
func (c *call) installWords(h units.Hook) string {
	words := []string{"forever"}
	if os.Getenv("FOREVER_ROOT") != c.root {
		words = append(words, "--root", c.root)
	}
	words = append(words, "startup", "--dry-run")
	if c.opts.Bool("user") {
		words = append(words, "--user")
	}
	text := render.Words(append(words, h.Kind))
	if h.File == "" {
		return "(crontab -l; " + text + ") | crontab -"
	}
	sudo := ""
	if h.System && os.Geteuid() != 0 {
		sudo = "sudo "
	}
	text += " | " + sudo + "tee " + render.Word(h.File)
	if h.Mode&0o111 != 0 {
		text += " && " + sudo + "chmod +x " + render.Word(h.File)
	}
	for _, argv := range h.On {
		text += " && " + sudo + render.Words(argv)
	}
	return text
}

func joined(commands [][]string) string {
	var lines []string
	for _, argv := range commands {
		lines = append(lines, render.Words(argv))
	}
	return strings.Join(lines, " && ")
}
