package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"forever/internal/probe"
	"forever/internal/program"
	"forever/internal/wire"
)

// Caller is the side of the user that settings are completed from.
type Caller struct {
	Cwd    string   // absolute
	Env    []string // K=V
	Umask  int      // -1: unknown
	Limits []wire.Limit
	Root   string // absolute
	CPUs   int    // at least 1
}

// The defaults of what nobody has said.
const (
	defaultNamespace     = "default"
	defaultMinUptime     = time.Second
	defaultBackoffMin    = 100 * time.Millisecond
	defaultBackoffMax    = 30 * time.Second
	defaultKillSignal    = "SIGTERM"
	defaultKillTimeout   = 10 * time.Second
	defaultListenTimeout = 30 * time.Second
	defaultDateFormat    = "YYYY-MM-DDTHH:mm:ss"
)

// Spec finds the program and completes the settings: defaults are put in, paths
// become absolute, the environment becomes whole.
//
// Its errors are a *program.Error for a program that cannot be executed, a
// *ValueError for settings that do not go together and, where the settings came
// from a file, a *FileError that wraps either.
func (s *Settings) Spec(c Caller) (wire.Spec, error) {
	spec, err := s.spec(c)
	if err != nil {
		return wire.Spec{}, s.locateError(err)
	}
	return spec, nil
}

func (s *Settings) spec(c Caller) (wire.Spec, error) {
	if s.EnvName != "" && !s.fromFile() {
		return wire.Spec{}, &ValueError{Option: "env", Message: "NAME chooses the env_NAME of a config file; a variable is written " + s.EnvName + "=VALUE"}
	}
	env, own, err := s.environment(c)
	if err != nil {
		return wire.Spec{}, err
	}
	found, err := s.find(c, env)
	if err != nil {
		return wire.Spec{}, err
	}
	cwd, err := s.workingDir(c)
	if err != nil {
		return wire.Spec{}, err
	}
	if cwd != c.Cwd {
		env = setPWD(env, cwd)
	}
	watch, err := s.watch(c, cwd)
	if err != nil {
		return wire.Spec{}, err
	}
	identity, account, err := s.identity()
	if err != nil {
		return wire.Spec{}, err
	}
	env = s.setAccount(env, account)
	health, err := s.health()
	if err != nil {
		return wire.Spec{}, err
	}
	spec := wire.Spec{
		Name: either(s.Name, either(s.UID, cleanName(found.Name))), Namespace: either(s.Namespace, defaultNamespace), UID: s.UID,
		Typed: s.Script, Script: found.Script, Interpreter: found.Interpreter, InterpreterArgs: s.interpreterArgs(found),
		Args: found.args, ConfigFile: s.ConfigFile,
		Cwd: cwd, Env: env, Umask: deref(s.Umask, c.Umask), Limits: mergeLimits(c.Limits, s.Limits), Own: s.own(own),
		User: identity, Nice: s.Nice,
		Instances: s.instances(c.CPUs), Cluster: s.cluster(),
		After: s.After, Ready: s.Ready, Channel: s.Ready == probe.KindMessage || isNode(found.Found),
		Health: health, WatchdogMS: deref(s.Watchdog, 0).Milliseconds(),
		InstanceVar: s.InstanceVar, IncrementVar: s.IncrementVar,
		Policy: s.policy(), Stop: s.stop(), Output: s.output(c), Watch: watch,
		PidFile:   underRoot(c, filepath.Join(c.Root, "pids"), s.PidFile),
		Essential: deref(s.Essential, false),
	}
	return spec, nil
}

// scriptDirs are the folders that a relative script may be meant from. In a
// config file that is the app's own folder first, as in PM2; on a command line
// it is the folder where the user typed it.
func (s *Settings) scriptDirs(c Caller) []string {
	base := s.base(c)
	switch {
	case s.SourceDir != "":
		return []string{absolute(c.Cwd, s.SourceDir, c.Env)}
	case s.Cwd == "":
		return []string{base}
	case s.fromFile():
		return []string{absolute(c.Cwd, s.Cwd, c.Env), base}
	}
	return []string{base, absolute(c.Cwd, s.Cwd, c.Env)}
}

// base is the folder that the app was declared in. Load has made the paths of
// a file absolute, so that those still relative are meant from the caller's.
func (s *Settings) base(c Caller) string { return either(s.origin.dir, c.Cwd) }

// absolute makes a path absolute from a folder; a leading ~/ is the user's
// home, and "" stays empty.
func absolute(dir, path string, env []string) string {
	if path == "" {
		return ""
	}
	path = program.ExpandHome(path, env)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// underRoot makes a path absolute as npm's forever does: a relative one is
// meant from a folder of the root. One that starts with ./ or ../ says that it
// is meant from here.
func underRoot(c Caller, folder, path string) string {
	if strings.HasPrefix(path, "./") || strings.HasPrefix(path, "../") {
		folder = c.Cwd
	}
	return absolute(folder, path, c.Env)
}

func (s *Settings) workingDir(c Caller) (string, error) {
	option, dir := "cwd", s.Cwd
	if dir == "" {
		option, dir = "source-dir", s.SourceDir
	}
	if dir == "" {
		return s.base(c), nil
	}
	dir = absolute(c.Cwd, dir, c.Env)
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return "", &ValueError{Option: option, Message: "cannot be " + dir + ": " + err.Error()}
	case !info.IsDir():
		return "", &ValueError{Option: option, Message: "cannot be " + dir + ": it is not a folder"}
	}
	return dir, nil
}

func (s *Settings) instances(cpus int) int {
	n := deref(s.Instances, 1)
	if n <= 0 {
		n += cpus
	}
	return max(n, 1)
}

// cluster follows PM2: who says how many instances wants them to share ports.
func (s *Settings) cluster() bool {
	if s.ExecMode != "" {
		return s.ExecMode == "cluster"
	}
	return s.Instances != nil
}

func (s *Settings) policy() wire.Policy {
	minimum := deref(s.BackoffMin, defaultBackoffMin)
	return wire.Policy{
		Restart:       either(s.Restart, wire.RestartOnFailure),
		SuccessCodes:  s.SuccessCodes,
		MinUptimeMS:   deref(s.MinUptime, defaultMinUptime).Milliseconds(),
		BackoffMinMS:  minimum.Milliseconds(),
		BackoffMaxMS:  deref(s.BackoffMax, defaultBackoffMax).Milliseconds(),
		RestartDelay:  deref(s.RestartDelay, 0).Milliseconds(),
		MaxRuns:       deref(s.MaxRuns, 0),
		MaxRestarts:   deref(s.MaxRestarts, 0),
		ListenTimeout: deref(s.ListenTimeout, defaultListenTimeout).Milliseconds(),
		MaxMemory:     deref(s.MaxMemory, 0),
		Cron:          s.Cron,
	}
}

func (s *Settings) stop() wire.Stop {
	return wire.Stop{
		Signal:    either(s.KillSignal, defaultKillSignal),
		TimeoutMS: deref(s.KillTimeout, defaultKillTimeout).Milliseconds(),
		Message:   deref(s.AskToStop, false),
	}
}

func (s *Settings) output(c Caller) wire.Output {
	if deref(s.DisableLogs, false) {
		return wire.Output{OutFile: os.DevNull, ErrFile: os.DevNull}
	}
	both := underRoot(c, c.Root, s.LogFile)
	out := wire.Output{
		OutFile:  absolute(c.Cwd, s.OutFile, c.Env),
		ErrFile:  absolute(c.Cwd, s.ErrFile, c.Env),
		Truncate: !deref(s.Append, true),
		MaxSize:  orMinusOne(s.LogMaxSize), MaxFiles: orMinusOne(s.LogMaxFiles),
		RotateMS: deref(s.LogRotateEvery, 0).Milliseconds(),
		Time:     s.dateFormat(), Merge: deref(s.MergeLogs, false),
	}
	if s.LogType != wire.LogRaw {
		out.Type = s.LogType
	}
	if s.OutFile == "" && s.ErrFile == "" {
		out.File = both
		return out
	}
	// A stream that has a file of its own goes there.
	out.OutFile, out.ErrFile = either(out.OutFile, both), either(out.ErrFile, both)
	return out
}

// orMinusOne is 0 for what nobody said, and -1 for a 0 that somebody did.
func orMinusOne[T int | int64](p *T) T {
	if p != nil && *p == 0 {
		return -1
	}
	return deref(p, 0)
}

// dateFormat follows PM2: a format alone is enough, and time alone has one.
func (s *Settings) dateFormat() string {
	if deref(s.Time, s.LogDate != "") {
		return either(s.LogDate, defaultDateFormat)
	}
	return ""
}

// mergeLimits lays limits over others, the later winning, in the order of their numbers.
func mergeLimits(lists ...[]wire.Limit) []wire.Limit {
	var merged []wire.Limit
	for _, limit := range slices.Concat(lists...) {
		if i := slices.IndexFunc(merged, func(m wire.Limit) bool { return m.Resource == limit.Resource }); i >= 0 {
			merged[i] = limit
			continue
		}
		merged = append(merged, limit)
	}
	return merged
}

// either returns a unless it is empty.
func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// deref returns what p points to, or the default.
func deref[T any](p *T, otherwise T) T {
	if p != nil {
		return *p
	}
	return otherwise
}
