package cli

import (
	"os"
	"strings"
	"testing"

	"forever/internal/config"
)

func docPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every option and action of npm's forever 4.0.3 is on its page, and is known.
func TestEverythingOfNpmsForever(t *testing.T) {
	text := docPage(t, "from-forever.md")
	options := append(newGlobals().options, append(startCommand().all(), logsCommand().all()...)...)
	for _, name := range strings.Fields("max logFile outFile errFile path command append fifo number pidFile uid id " +
		"sourceDir workingDir minUptime spinSleepTime colors plain debug verbose silent watch watchDirectory watchIgnore " +
		"killTree killSignal help") {
		if !strings.Contains(text, "`--"+name+"`") {
			t.Errorf("the page does not have --%s", name)
		}
		if find(options, config.Kebab(name)) == nil {
			t.Errorf("--%s is not known", name)
		}
	}
	for _, name := range strings.Fields("start stop stopall stopbypid restart restartall list config set clear logs columns cleanlogs") {
		if !strings.Contains(text, "`"+name+"`") || lookup(commands(), name) == nil {
			t.Errorf("action %s: not on the page, or not known", name)
		}
	}
}

// Every key of PM2's schema of process files is on its page, and is an option or
// ignored with a warning that says so.
func TestEveryKeyOfPM2(t *testing.T) {
	text := docPage(t, "from-pm2.md")
	for _, key := range strings.Fields("script exec cmd name name_prefix filter_env namespace install_url args node_args interpreter_args " +
		"interpreter exec_interpreter cwd exec_mode instances env error_file out_file log_file pid_file disable_logs log_type " +
		"log_date_format time min_uptime max_restarts max_memory_restart restart_delay exp_backoff_restart_delay source_map_support " +
		"disable_source_map_support wait_ready kill_timeout shutdown_with_message listen_timeout kill_retry_time cron_restart " +
		"merge_logs combine_logs vizion autorestart autostart stop_exit_codes watch_delay treekill force append_env_to_name " +
		"ignore_watch watch watch_options increment_var instance_var post_update port username uid gid pmx automation write " +
		"trace disable_trace deep_monitoring io wait_for_listen execute_command v8 event_loop_inspector windowsHide user") {
		if !strings.Contains(text, "`"+key+"`") {
			t.Errorf("the page does not have %s", key)
		}
		if !knownKey(key) {
			t.Errorf("%s is not known", key)
		}
	}
}

// knownKey tells whether a file may have the key: it does something, wants another
// value, or is ignored with a warning that says so.
func knownKey(key string) bool {
	_, warnings, err := config.Load("a.json", strings.NewReader(`{"script": "x.js", "`+key+`": true}`), config.LoadOptions{})
	return err != nil || len(warnings) == 0 || !strings.Contains(warnings[0].Message, "unknown key")
}
