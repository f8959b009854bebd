package units

import (
	"fmt"
	"path/filepath"
	"strings"

	"forever/internal/probe"
	"forever/internal/program"
	"forever/internal/wire"
)

// compose is a compose.yaml that runs the apps from where they are.
func compose(apps []service, base []string) string {
	var b strings.Builder
	b.WriteString("# Written by \"forever export compose\". The images have the interpreters; the\n" +
		"# programs are mounted from this machine. Ports are not published yet.\nservices:\n")
	for _, s := range apps {
		composeService(&b, s, base)
	}
	return b.String()
}

func composeService(b *strings.Builder, svc service, base []string) {
	s := svc.Spec
	line := func(format string, a ...any) { fmt.Fprintf(b, "    "+format+"\n", a...) }
	plain := func(text string) string { return quoted(strings.ReplaceAll(text, "$", "$$")) }
	fmt.Fprintf(b, "  %s:\n", quoted(svc.name)) // 1 or no would be no text
	line("image: %s", image(s))
	line("working_dir: %s", plain(s.Cwd))
	command := inContainer(s)
	for i := range command {
		command[i] = strings.ReplaceAll(command[i], "$", "$$")
	}
	line("command: %s", quotedList(command))
	line("volumes:")
	for _, dir := range folders(s) {
		line("  - {type: bind, source: %s, target: %s}", plain(dir), plain(dir))
	}
	if env := own(s, base); len(env) > 0 {
		line("environment:")
		for _, v := range env {
			line("  %s: %s", quoted(v[0]), plain(v[1]))
		}
	}
	if h, err := probe.ParseHealth(s.Health); err == nil {
		line("healthcheck: {test: [CMD-SHELL, %s], interval: %v, timeout: %v, retries: %d, start_period: %v}",
			plain(shellCheck(h.What())), h.Interval, h.Timeout, h.Retries, h.StartPeriod)
	}
	if len(svc.after) > 0 {
		line("depends_on:")
		for _, other := range svc.after {
			line("  %s: {condition: %s}", quoted(other.name), composeReady(other.Spec))
		}
	}
	line("restart: %s", composeRestart(s))
	line("init: true")
	line("stop_signal: %s", s.Stop.Signal)
	line("stop_grace_period: %s", stopTime(s))
	if s.Instances > 1 {
		line("deploy: {replicas: %d}", s.Instances)
	}
}

// shellCheck is a check as a command. What asks for it has to be in the image.
func shellCheck(check string) string {
	kind, rest, _ := strings.Cut(check, ":")
	where := rest
	if !strings.Contains(strings.SplitN(where, "/", 2)[0], ":") {
		where = "localhost:" + where
	}
	switch kind {
	case probe.KindHTTP:
		return "curl -fsS " + program.Quote("http://"+where)
	case probe.KindTCP:
		i := strings.LastIndex(where, ":")
		return "nc -z " + strings.Trim(where[:i], "[]") + " " + where[i+1:]
	}
	return rest
}

// folders are those that the program needs: its working folder, and where its
// file is.
func folders(s *wire.Spec) []string {
	dir := filepath.Dir(s.Script)
	if dir == s.Cwd || strings.HasPrefix(dir, strings.TrimSuffix(s.Cwd, "/")+"/") {
		return []string{s.Cwd}
	}
	return []string{s.Cwd, dir}
}

// composeReady is when an app that others come after is ready: when it has done its
// work, when its check says so, or, without one, when it runs.
func composeReady(s *wire.Spec) string {
	if s.Policy.Restart == wire.RestartNever {
		return "service_completed_successfully"
	}
	if _, err := probe.ParseHealth(s.Health); err == nil {
		return "service_healthy"
	}
	return "service_started"
}

func composeRestart(s *wire.Spec) string {
	switch {
	case s.Policy.Restart == wire.RestartNever:
		return `"no"`
	case s.Policy.Restart == wire.RestartAlways:
		return "always"
	case s.Policy.MaxRestarts > 0:
		return fmt.Sprintf("on-failure:%d", s.Policy.MaxRestarts)
	}
	return "on-failure"
}
