package units

import (
	"fmt"
	"path/filepath"
)

const openrcText = `#!/sbin/openrc-run
# Written by "forever startup"; "forever unstartup" removes it.

description="The programs that forever keeps running"

depend() {
	need localmount
	after bootmisc net dns
}

start() {
	ebegin "Starting the programs that forever has saved"
	# One that cannot be started is no reason to leave the others without a stop.
	%[1]s || ewarn "forever: not every program was started"
	eend 0
}

# forever ends its programs itself, each with its own signal and time.
stop() {
	ebegin "Stopping the programs of forever"
	%[2]s
	eend $?
}
`

func (b Boot) openrc() Hook {
	name := b.name(true)
	return Hook{
		Kind: OpenRC, Name: name, File: filepath.Join("/etc/init.d", name), Mode: 0o755, System: true,
		Text: fmt.Sprintf(openrcText, b.as("resurrect"), b.as("kill")),
		On:   [][]string{{"rc-update", "add", name, "default"}},
		Off:  [][]string{{"rc-update", "del", name, "default"}},
	}
}

// as is a command of forever, run by root on behalf of its owner.
func (b Boot) as(action string) string {
	command := b.command(action)
	if b.UID == 0 {
		return command
	}
	return "su -s /bin/sh " + shellWord(b.User) + " -c " + shellWord(command)
}
