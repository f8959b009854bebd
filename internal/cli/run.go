package cli

import (
	"cmp"
	"errors"
	"os"
	"runtime"
	"strconv"

	"forever/internal/config"
	"forever/internal/program"
	"forever/internal/wire"
)

func runCommand() *command {
	in := &input{}
	return &command{
		name: "run", shape: runs, least: 1, words: "a PROGRAM",
		synopsis: []string{
			"run [options] PROGRAM [arguments…]",
			"run [options] CONFIG-FILE…",
			"[options] PROGRAM [arguments…]",
		},
		brief: "the same in the foreground",
		about: `The program's output is ours and so is its exit code; it is restarted as in the
background. SIGINT, SIGTERM, SIGHUP and SIGQUIT stop it, a second one kills it at
once; SIGUSR1, SIGUSR2, SIGCONT and SIGWINCH are passed on. Ends when the program has
ended for good; of several, when one marked --essential has, and stops the others.
With --silent the program's output is not shown; files that were asked for have it.

As PID 1 of a container it reaps orphans.`,
		settings: in.options,
		examples: []example{
			{"forever run server.js", "a Node program, restarted when it fails"},
			{"forever server.js", "the same"},
			{"forever run -o out.log worker.py", "the output also into a file"},
			{"forever run -w server.js", "started anew when a file changes, and by rs and Enter"},
		},
		exits: []exit{
			{"n", "the program's own exit code; 128+n after a death by signal n"},
			{"126", "the program cannot be executed"},
			{"127", "the program, or its interpreter, was not found"},
			{"1", "it could not be started for another reason"},
			{"2", "the command line was wrong and nothing was started"},
		},
		run: func(c *call) error { return c.foreground(in) },
	}
}

func (c *call) foreground(in *input) error {
	if runtime.GOOS == "windows" {
		return usagef("forever help start", "run is not available on Windows; start runs a program in the background")
	}
	if code, err := asInit(); err != nil {
		return err
	} else if code >= 0 {
		return exitCode(code)
	}
	streams, err := c.streams()
	if err != nil {
		return err
	}
	apps, err := c.specs(in)
	if err != nil {
		return c.unstartable(err)
	}
	r := wire.StartRequest{Force: in.settings.Forced(), WaitMS: in.settings.WaitMS()}
	for i := range apps {
		r.Force = r.Force || apps[i].settings.Forced()
		r.Specs = append(r.Specs, c.foregroundSpec(&apps[i], len(apps) == 1))
	}
	return newForeground(c, r, streams).run()
}

// streams are our stdout and stderr, for the supervisor to write to.
func (c *call) streams() ([]*os.File, error) {
	out, ok1 := c.stdout.(*os.File)
	errs, ok2 := c.stderr.(*os.File)
	if !ok1 || !ok2 {
		return nil, errors.New("the foreground needs files as stdout and stderr")
	}
	return []*os.File{out, errs}, nil
}

// foregroundSpec marks an app as ours. Its output comes to our streams alone
// unless a file was asked for; with --silent, as in npm's forever, it does not
// come to them at all.
func (c *call) foregroundSpec(a *app, single bool) wire.Spec {
	spec := a.spec
	spec.Foreground = true
	spec.Essential = spec.Essential || single
	files := a.settings.OutFile != "" || a.settings.ErrFile != "" || a.settings.LogFile != ""
	switch {
	case !c.silent:
		spec.Output.Direct, spec.Output.Also = !files, files
	case !files:
		spec.Output = wire.Output{OutFile: os.DevNull, ErrFile: os.DevNull}
	}
	return spec
}

// unstartable gives an error of specs the exit code that a shell gives it. A
// word that is no program may be a slip of an action's name.
func (c *call) unstartable(err error) error {
	var missing *program.Error
	if !errors.As(err, &missing) {
		return err
	}
	near := cmp.Or(ofPM2(c.args[0]), config.Nearest(c.args[0], actionNames(commands())))
	if c.line.implied && missing.Exit == program.ExitNotFound && near != "" {
		err = &usageError{"there is no action and no program " + strconv.Quote(c.args[0]), "did you mean forever " + near + "?"}
	}
	return &coded{err, missing.Exit}
}

// ofPM2 is what an action of PM2 that has another name here is called.
func ofPM2(action string) string {
	switch action {
	case "jlist", "prettylist":
		return "list --json"
	case "startOrRestart", "startOrReload", "startOrGracefulReload":
		return "start"
	case "pid", "env", "id":
		return "describe"
	case "reloadLogs":
		return "reload-logs"
	}
	return ""
}
