package units

import (
	"fmt"
	"path/filepath"
	"strings"
)

// unitText is the unit of forever startup. Its comments are for the person who
// reads it on the machine.
const unitText = `# Written by "forever startup"; "forever unstartup" removes it.
[Unit]
Description=The programs that forever keeps running (%[1]s)
%[2]s
[Service]
# resurrect starts what "forever save" has saved, in the background, and ends.
Type=oneshot
RemainAfterExit=yes
ExecStart=%[3]s resurrect
# forever ends its programs itself, each with its own signal and time.
# KillMode=process: systemd kills none of them, neither when resurrect has
# ended, nor when this unit is changed or restarted.
ExecStop=%[3]s kill
KillMode=process
TimeoutStopSec=5min
# 1: a program could not be started. The others still need ExecStop.
SuccessExitStatus=1
%[4]s
[Install]
WantedBy=%[5]s
`

func (b Boot) systemd() Hook {
	h := Hook{Kind: Systemd, Name: b.name(!b.PerUser), Mode: 0o644, System: !b.PerUser}
	unit := h.Name + ".service"
	network, target, dir := "Wants=network-online.target\nAfter=network-online.target\n", "multi-user.target", "/etc/systemd/system"
	ctl := []string{"systemctl"}
	if b.PerUser {
		// The user's manager knows no network-online.target.
		network, target, dir = "", "default.target", filepath.Join(b.Home, ".config/systemd/user")
		ctl = append(ctl, "--user")
	}
	h.File = filepath.Join(dir, unit)
	h.Text = fmt.Sprintf(unitText, strings.ReplaceAll(b.Root, "%", "%%"), network, unitWord(b.Exe), b.unitEnvironment(), target)
	h.On = [][]string{with(ctl, "daemon-reload"), with(ctl, "enable", unit)}
	h.Off = [][]string{with(ctl, "disable", unit)}
	h.After = [][]string{with(ctl, "daemon-reload")}
	if b.PerUser { // without it the user's manager starts with the first login
		h.On = append(h.On, []string{"loginctl", "enable-linger", b.User})
	}
	return h
}

// unitEnvironment are the lines of what the commands have to find, and of whom
// they run as.
func (b Boot) unitEnvironment() string {
	var text strings.Builder
	if !b.PerUser && b.UID != 0 {
		fmt.Fprintf(&text, "User=%s\n", b.User)
	}
	for _, v := range b.environment() {
		fmt.Fprintf(&text, "Environment=%s\n", unitWord(v[0]+"="+v[1]))
	}
	return text.String()
}

// unitWord quotes a word as systemd.syntax(7) and systemd.unit(5) want it:
// specifiers begin with a percent sign.
func unitWord(word string) string {
	word = strings.ReplaceAll(word, "%", "%%")
	if word != "" && !strings.ContainsAny(word, " \t\n\r'\"\\;#") {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`).Replace(word) + `"`
}

// with adds words to a command and leaves it as it is.
func with(command []string, words ...string) []string {
	return append(command[:len(command):len(command)], words...)
}
