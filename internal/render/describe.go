package render

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"forever/internal/program"
	"forever/internal/wire"
)

// sheet is a list of facts, each with its name in front.
type sheet struct {
	b strings.Builder
	s *Screen
}

// labels is the width of the names of the facts.
const labels = 16

// fact adds a line; an empty value is left out.
func (h *sheet) fact(name, value string) {
	h.styled(name, value, Plain)
}

func (h *sheet) styled(name, value string, y Style) {
	if value == "" {
		return
	}
	fmt.Fprintf(&h.b, "%s%s\n", h.s.Paint(fmt.Sprintf("%-*s", labels, name), Dim), h.s.Paint(Escape(value), y))
}

func (h *sheet) head(text string) {
	fmt.Fprintf(&h.b, "\n%s\n", h.s.Paint(Escape(text), Bold))
}

// Describe prints everything that is known of an app. Its environment is
// printed where a.Spec holds it: whoever asked for the app decides that.
func Describe(s *Screen, a *wire.App, now time.Time) error {
	h := &sheet{s: s}
	fmt.Fprintf(&h.b, "%s\n", s.Paint(Escape(a.Name), Bold))
	identity(h, a, now)
	files(h, a)
	if a.Spec != nil {
		policy(h, a.Spec)
	}
	if !a.NextCron.IsZero() {
		h.fact("next cron", a.NextCron.Local().Format("2006-01-02 15:04:05")+" (in "+Duration(a.NextCron.Sub(now))+")")
	}
	for i := range a.Instances {
		instance(h, a, &a.Instances[i], now)
	}
	if a.Spec != nil {
		environment(h, a.Spec.Env)
	}
	_, err := io.WriteString(s, h.b.String())
	return err
}

func identity(h *sheet, a *wire.App, now time.Time) {
	h.fact("id", strconv.Itoa(a.ID))
	h.fact("uid", a.UID)
	h.fact("namespace", a.Namespace)
	h.styled("status", a.Status, StatusStyle(a.Status))
	h.fact("wanted", a.Desired)
	h.fact("mode", a.Mode)
	h.fact("restarts", strconv.Itoa(a.Restarts))
	if !a.CreatedAt.IsZero() {
		h.fact("created", moment(a.CreatedAt.Time, now))
	}
}

func files(h *sheet, a *wire.App) {
	h.fact("script", a.Script)
	h.fact("interpreter", a.Interpreter)
	h.fact("arguments", Words(a.Args))
	h.fact("folder", a.Cwd)
	h.fact("config file", a.ConfigFile)
	h.fact("output", a.OutFile)
	if a.ErrFile != a.OutFile {
		h.fact("errors", a.ErrFile)
	}
	h.fact("pid file", a.PidFile)
}

func policy(h *sheet, spec *wire.Spec) {
	p := &spec.Policy
	h.fact("restart", p.Restart)
	h.fact("success codes", Numbers(p.SuccessCodes))
	h.fact("min uptime", Milliseconds(p.MinUptimeMS))
	h.fact("backoff", Milliseconds(p.BackoffMinMS)+".."+Milliseconds(p.BackoffMaxMS))
	h.fact("restart delay", above0(p.RestartDelay, Milliseconds))
	h.fact("max runs", above0(p.MaxRuns, strconv.Itoa))
	h.fact("max restarts", above0(p.MaxRestarts, strconv.Itoa))
	h.fact("max memory", above0(p.MaxMemory, func(n int64) string { return Bytes(uint64(n)) }))
	h.fact("cron restart", p.Cron)
	h.fact("health check", checkText(spec.Health))
	h.fact("watchdog", above0(spec.WatchdogMS, Milliseconds))
	h.fact("stop", spec.Stop.Signal+", SIGKILL after "+Milliseconds(spec.Stop.TimeoutMS))
	if u := spec.User; u != nil {
		h.fact("user", fmt.Sprintf("%s (uid %d, groups %s)", u.Name, u.UID, Numbers(u.Groups)))
	}
	if spec.Nice != nil {
		h.fact("nice", strconv.Itoa(*spec.Nice))
	}
	if spec.Umask >= 0 {
		h.fact("umask", fmt.Sprintf("%04o", spec.Umask))
	}
}

// above0 prints n, or "" where it is 0 and says nothing.
func above0[N int | int64](n N, print func(N) string) string {
	if n == 0 {
		return ""
	}
	return print(n)
}

func instance(h *sheet, a *wire.App, in *wire.Instance, now time.Time) {
	h.head(fmt.Sprintf("%s:%d", a.Name, in.Index))
	h.styled("status", in.Status, StatusStyle(in.Status))
	h.fact("pid", above0(in.PID, strconv.Itoa))
	if in.PID > 0 && !in.StartedAt.IsZero() {
		h.fact("started", moment(in.StartedAt.Time, now))
	}
	h.fact("restarts", strconv.Itoa(in.Restarts))
	if in.MemoryBytes > 0 {
		h.fact("cpu", Percent(in.CPUPercent))
		h.fact("memory", Bytes(in.MemoryBytes))
	}
	if in.Health != nil {
		h.styled("health", healthText(in.Health, now), healthStyle(in.Health))
	}
	h.fact("says", in.Says)
	h.fact("ports", Numbers(in.Ports))
	h.fact("sharing", in.Sharing)
	h.fact("next try", above0(in.NextTryMS, func(ms int64) string { return "in " + Milliseconds(ms) }))
	h.fact("note", in.Note)
	for i, e := range exits(in) {
		label := ""
		if i == 0 {
			label = "last exits"
		}
		h.fact(label, LastExit(&e, now))
	}
}

// exits are the last ends of an instance, newest first.
func exits(in *wire.Instance) []wire.Exit {
	if len(in.Exits) == 0 && in.LastExit != nil {
		return []wire.Exit{*in.LastExit}
	}
	return in.Exits
}

func environment(h *sheet, env []string) {
	if len(env) == 0 {
		return
	}
	h.head("environment")
	for _, v := range env {
		h.b.WriteString(Escape(v) + "\n")
	}
}

func moment(t, now time.Time) string {
	return t.Local().Format("2006-01-02 15:04:05") + " (" + Duration(now.Sub(t)) + " ago)"
}

// Words prints arguments so that a shell reads the same ones.
func Words(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = Word(w)
	}
	return strings.Join(quoted, " ")
}

// Word quotes one argument for a POSIX shell where it needs that.
func Word(w string) string { return program.Quote(w) }
