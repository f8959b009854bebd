package units

import (
	"fmt"
	"strings"

	"forever/internal/probe"
	"forever/internal/wire"
)

// manifests are a file for each app.
func manifests(apps []service, base []string) []File {
	files := make([]File, 0, len(apps))
	for _, s := range apps {
		files = append(files, File{s.name + ".yaml", kubernetes(s, base)})
	}
	return files
}

// kubernetes is a Deployment, or a Job for an app that is never restarted.
func kubernetes(svc service, base []string) string {
	var b strings.Builder
	s, name := svc.Spec, svc.name
	b.WriteString("# Written by \"forever export k8s\". The image has the interpreter alone: build\n" +
		"# one that has the program too, in the same place, and name it here.\n")
	for _, other := range svc.after {
		fmt.Fprintf(&b, "# It comes after %s, and has to try again until that is there: nothing here orders them.\n", other.name)
	}
	never := s.Policy.Restart == wire.RestartNever
	if never {
		fmt.Fprintf(&b, "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: %s\nspec:\n  completions: %d\n  parallelism: %[2]d\n  backoffLimit: 0\n  template:\n", quoted(name), max(s.Instances, 1))
	} else {
		fmt.Fprintf(&b, "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: %[1]s\nspec:\n  replicas: %[2]d\n  selector:\n    matchLabels: {app: %[1]s}\n  template:\n", quoted(name), max(s.Instances, 1))
	}
	fmt.Fprintf(&b, "    metadata:\n      labels: {app: %s}\n    spec:\n      terminationGracePeriodSeconds: %d\n", quoted(name), wholeSeconds(stopTime(s)))
	if never {
		b.WriteString("      restartPolicy: Never\n")
	}
	fmt.Fprintf(&b, "      containers:\n        - name: %s\n", quoted(name))
	container(&b, s, base)
	return b.String()
}

func container(b *strings.Builder, s *wire.Spec, base []string) {
	line := func(format string, a ...any) { fmt.Fprintf(b, "          "+format+"\n", a...) }
	// In these fields $(NAME) is a variable, and a doubled dollar sign is none.
	plain := func(text string) string { return strings.ReplaceAll(text, "$(", "$$(") }
	line("image: %s", image(s))
	line("workingDir: %s", quoted(s.Cwd))
	command := inContainer(s)
	for i := range command {
		command[i] = plain(command[i])
	}
	line("command: %s", quotedList(command))
	if env := own(s, base); len(env) > 0 {
		line("env:")
		for _, v := range env {
			line("  - {name: %s, value: %s}", quoted(v[0]), quoted(plain(v[1])))
		}
	}
	if r, err := probe.ParseReady(s.Ready); err == nil && s.Ready != "" {
		readiness(line, r.String())
	}
	if h, err := probe.ParseHealth(s.Health); err == nil {
		if how := handler(h.What()); how != "" {
			line("livenessProbe: {%s, periodSeconds: %d, timeoutSeconds: %d, failureThreshold: %d, initialDelaySeconds: %d}",
				how, wholeSeconds(h.Interval), wholeSeconds(h.Timeout), h.Retries, wholeSeconds(h.StartPeriod))
		}
	}
}

// readiness writes what another machine can check, a port or a page.
func readiness(line func(string, ...any), ready string) {
	if how := handler(ready); how != "" {
		line("readinessProbe: {%s}", how)
	}
}

// handler is a check in the words of Kubernetes; empty: it has none.
func handler(check string) string {
	kind, rest, _ := strings.Cut(check, ":")
	switch kind {
	case probe.KindTCP:
		return "tcpSocket: {port: " + rest[strings.LastIndex(rest, ":")+1:] + "}"
	case probe.KindHTTP:
		where, path, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "/")
		return "httpGet: {port: " + where[strings.LastIndex(where, ":")+1:] + ", path: " + quoted("/"+path) + "}"
	case probe.KindExec:
		return "exec: {command: " + quotedList([]string{"/bin/sh", "-c", rest}) + "}"
	}
	return ""
}
