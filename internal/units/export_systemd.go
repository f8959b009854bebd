package units

import (
	"fmt"
	"strings"
	"time"

	"forever/internal/probe"
	"forever/internal/wire"
)

// units are a unit for each app; several instances share a template.
func units(apps []service, base []string) []File {
	files := make([]File, 0, len(apps))
	for _, s := range apps {
		name := s.name + ".service"
		if s.Instances > 1 {
			name = s.name + "@.service"
		}
		files = append(files, File{name, serviceUnit(s, base)})
	}
	return files
}

func serviceUnit(svc service, base []string) string {
	s := svc.Spec
	var b strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	line("# Written by \"forever export systemd\".")
	if s.Instances > 1 {
		line("# %d instances: systemctl enable --now %s@{0..%d}", s.Instances, svc.name, s.Instances-1)
	}
	line("[Unit]\nDescription=%s\nAfter=network.target", strings.ReplaceAll(s.Name, "%", "%%"))
	for _, other := range svc.after {
		all := strings.Join(unitNames(other), " ")
		line("Wants=%s\nAfter=%[1]s", all)
	}
	// As with forever, it is never given up, unless there is a limit.
	line("StartLimitIntervalSec=%s\n\n[Service]\nType=%s", limit(s), serviceType(s))
	var command []string
	for _, word := range words(s) {
		command = append(command, strings.ReplaceAll(unitWord(word), "$", "$$"))
	}
	line("ExecStart=%s\nWorkingDirectory=%s", strings.Join(command, " "), strings.ReplaceAll(s.Cwd, "%", "%%"))
	for _, v := range own(s, base) {
		line("Environment=%s", unitWord(v[0]+"="+v[1]))
	}
	if s.Instances > 1 {
		line("Environment=FOREVER_INSTANCE=%%i NODE_APP_INSTANCE=%%i")
	}
	if s.Umask >= 0 {
		line("UMask=%04o", s.Umask)
	}
	restarts(line, s)
	if s.WatchdogMS > 0 {
		line("WatchdogSec=%s\nNotifyAccess=all", span(s.WatchdogMS))
	}
	line("KillSignal=%s\nTimeoutStopSec=%s", s.Stop.Signal, span(s.Stop.TimeoutMS))
	outputs(line, &s.Output)
	line("\n[Install]\nWantedBy=multi-user.target")
	return b.String()
}

// unitNames are the units that an app's instances are.
func unitNames(s service) (names []string) {
	if s.Instances <= 1 {
		return []string{s.name + ".service"}
	}
	for i := range s.Instances {
		names = append(names, fmt.Sprintf("%s@%d.service", s.name, i))
	}
	return names
}

func limit(s *wire.Spec) string {
	if s.Policy.MaxRestarts > 0 {
		return fmt.Sprintf("infinity\nStartLimitBurst=%d", s.Policy.MaxRestarts+1)
	}
	return "0"
}

func serviceType(s *wire.Spec) string {
	if s.Ready == probe.KindNotify {
		return "notify"
	}
	return "exec"
}

func restarts(line func(string, ...any), s *wire.Spec) {
	policy := s.Policy.Restart
	if policy == wire.RestartNever {
		policy = "no"
	}
	line("Restart=%s", policy)
	if policy != "no" {
		line("RestartSec=%s", span(max(s.Policy.BackoffMinMS, s.Policy.RestartDelay)))
	}
	if codes := s.Policy.SuccessCodes; len(codes) > 0 {
		line("SuccessExitStatus=%s", strings.Trim(fmt.Sprint(codes), "[]"))
	}
}

// outputs names the files that the user named; without them the journal has it.
func outputs(line func(string, ...any), o *wire.Output) {
	for _, stream := range [][2]string{{"StandardOutput", o.OutFile}, {"StandardError", o.ErrFile}} {
		file := stream[1]
		if o.File != "" {
			file = o.File
		}
		if file != "" {
			line("%s=append:%s", stream[0], strings.ReplaceAll(file, "%", "%%"))
		}
	}
}

func span(ms int64) string { return (time.Duration(ms) * time.Millisecond).String() }
