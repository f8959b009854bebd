package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// pm2App is one process as PM2 describes it, in its dump and, beside other
// facts, in its running list.
type pm2App map[string]any

// text is a value that is a text, or "".
func (p pm2App) text(key string) string {
	value, _ := p[key].(string)
	return value
}

// pm2Patience bounds how long PM2 may take for an answer.
const pm2Patience = 30 * time.Second

// pm2Apps are the apps of PM2, and its folder: those that it runs, or that it
// has saved.
func (c *call) pm2Apps() (list []pm2App, home string, err error) {
	if home, err = pm2Home(); err != nil {
		return nil, "", err
	}
	if len(c.args) > 1 {
		list, err = readDump(c.args[1])
		return list, home, err
	}
	if pm2Runs(home) {
		exe, err := exec.LookPath("pm2")
		if err == nil {
			list, err = c.askPM2(exe)
			return list, home, err
		}
		c.note("PM2 is running, but there is no pm2 on PATH to ask it; what it has saved is read")
	}
	list, err = readDump(filepath.Join(home, "dump.pm2"))
	return list, home, err
}

func pm2Home() (string, error) {
	if home := os.Getenv("PM2_HOME"); home != "" {
		return home, nil
	}
	home, err := homeFolder()
	return filepath.Join(home, ".pm2"), err
}

// pm2Runs tells whether PM2's service answers; the command itself would start it.
func pm2Runs(home string) bool {
	conn, err := net.DialTimeout("unix", filepath.Join(home, "rpc.sock"), pm2Patience)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// askPM2 reads the running list.
func (c *call) askPM2(exe string) ([]pm2App, error) {
	ctx, cancel := context.WithTimeout(c.ctx, pm2Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, "jlist")
	cmd.WaitDelay = time.Second // for a child that keeps the pipe
	out, err := cmd.Output()
	if err != nil {
		return nil, &failure{fmt.Errorf("ask PM2 for its list: %w", err), "to read what it has saved: forever import pm2 ~/.pm2/dump.pm2"}
	}
	var running []struct {
		Env pm2App `json:"pm2_env"`
	}
	// Notices may stand before the list, which is one line.
	for line := range bytes.Lines(out) {
		if bytes.HasPrefix(line, []byte("[{")) || bytes.HasPrefix(line, []byte("[]")) {
			out = line
		}
	}
	if err := decodePM2(out, &running); err != nil {
		return nil, fmt.Errorf("the list of PM2 cannot be read: %w", err)
	}
	if len(running) == 0 {
		return nil, &failure{fmt.Errorf("PM2 has no apps in its list"), "to read what it has saved: forever import pm2 ~/.pm2/dump.pm2"}
	}
	list := make([]pm2App, len(running))
	for i := range running {
		list[i] = running[i].Env
	}
	return list, nil
}

func readDump(path string) ([]pm2App, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &failure{fmt.Errorf("read what PM2 has saved: %w", err), "pm2 save writes it"}
	}
	var list []pm2App
	if err := decodePM2(text, &list); err != nil {
		return nil, fmt.Errorf("%s is no dump of PM2: %w", path, err)
	}
	if len(list) == 0 {
		return nil, &failure{fmt.Errorf("%s has no apps", path), "pm2 save writes those that run"}
	}
	return list, nil
}

// decodePM2 keeps numbers as they are written.
func decodePM2(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}

// takeOver makes apps of processes: PM2 has one for each instance. Home is PM2's
// folder, base the environment that the apps have anyway.
func takeOver(list []pm2App, home string, base []string) []map[string]any {
	var apps []map[string]any
	count := map[string]int{}
	for _, p := range list {
		name := p.text("name")
		count[name]++
		if count[name] > 1 {
			at := slices.IndexFunc(apps, func(a map[string]any) bool { return a["name"] == name })
			apps[at]["instances"] = count[name]
			continue
		}
		apps = append(apps, p.app(home, base))
	}
	return apps
}

// keptKeys are those that mean the same in a process file and here.
func keptKeys() []string {
	return []string{"namespace", "args", "node_args", "autorestart", "kill_timeout", "max_memory_restart", "cron_restart", "max_restarts",
		"min_uptime", "restart_delay", "exp_backoff_restart_delay", "wait_ready", "listen_timeout", "shutdown_with_message",
		"stop_exit_codes", "log_date_format", "merge_logs", "ignore_watch", "increment_var", "uid", "gid"}
}

// app is the entry of a config file for a process.
func (p pm2App) app(home string, base []string) map[string]any {
	app := map[string]any{"name": p.text("name"), "script": p.text("pm_exec_path")}
	put := func(key string, value any) {
		if list, ok := value.([]any); value != nil && value != "" && (!ok || len(list) > 0) {
			app[key] = value
		}
	}
	for _, key := range keptKeys() {
		put(key, p[key])
	}
	put("cwd", p.text("pm_cwd"))
	put("interpreter", p.text("exec_interpreter"))
	put("out_file", p.logFile("pm_out_log_path", home))
	put("error_file", p.logFile("pm_err_log_path", home))
	put("watch", p.watched())
	if name := p.text("instance_var"); name != "NODE_APP_INSTANCE" {
		put("instance_var", name)
	}
	if p.text("exec_mode") == "cluster_mode" {
		app["exec_mode"] = "cluster"
	}
	if p.text("status") == "stopped" {
		app["autostart"] = false
	}
	if env := p.env(base); len(env) > 0 {
		app["env"] = env
	}
	return app
}

// logFile is a log that is not in PM2's own folder, without the id that PM2
// puts into the names of several instances' files.
func (p pm2App) logFile(key, home string) string {
	path := p.text(key)
	if strings.HasPrefix(path, filepath.Join(home, "logs")+string(filepath.Separator)) {
		return ""
	}
	ext := filepath.Ext(path)
	return strings.TrimSuffix(strings.TrimSuffix(path, ext), p.idSuffix()) + ext
}

// idSuffix is -ID, of which a dump tells only in the name of the PID file.
func (p pm2App) idSuffix() string {
	if id, known := p["pm_id"]; known {
		return fmt.Sprintf("-%v", id)
	}
	name := strings.TrimSuffix(p.text("pm_pid_path"), ".pid")
	return name[max(strings.LastIndexByte(name, '-'), 0):]
}

// watched are the folders that are watched, meant from the app's own; true for
// that one, nil for none.
func (p pm2App) watched() any {
	folders, several := p["watch"].([]any)
	if folder := p.text("watch"); folder != "" {
		folders, several = []any{folder}, true
	}
	if !several {
		if p["watch"] == true {
			return true
		}
		return nil
	}
	var paths []any
	for _, folder := range folders {
		path, _ := folder.(string)
		if path != "" && !filepath.IsAbs(path) {
			path = filepath.Join(p.text("pm_cwd"), path)
		}
		paths = append(paths, path)
	}
	return paths
}

// env are the variables of the program's own: neither PM2's nor the caller's.
func (p pm2App) env(base []string) map[string]string {
	own := map[string]string{}
	variables, _ := p["env"].(map[string]any)
	for name, value := range variables {
		pm2s := strings.HasPrefix(name, "PM2_") || strings.HasPrefix(name, "pm_") || name == p.text("name") ||
			slices.Contains([]string{"PWD", "OLDPWD", "SHLVL", "_", "NODE_APP_INSTANCE", "unique_id", "name", "namespace", "status"}, name)
		switch value.(type) {
		case string, bool, json.Number:
			text := fmt.Sprint(value)
			if name != "" && !pm2s && !slices.Contains(base, name+"="+text) {
				own[name] = text
			}
		}
	}
	return own
}
