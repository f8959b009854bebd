package cli

import (
	"forever/internal/fuser"
	"forever/internal/who"
)

func fuserCommand() *command {
	return &command{
		name: "fuser", shape: classic,
		synopsis: []string{
			"fuser [-fIMuvw] [-a|-s] [-4|-6] [-c|-m|-n SPACE] [-k [-i] [-SIGNAL]] NAME…",
			"fuser -l",
			"fuser -V",
		},
		brief: "show, or kill, who uses a port or a file (as psmisc's)",
		about: `The classic fuser: NAME is 8080/tcp, 5353/udp, or a file; -n tcp 8080 and 8080 /tcp
mean the first. Connections count as uses of a port, as there. PIDs go to stdout and
everything else to stderr. -k kills with SIGKILL, or with -SIGNAL; -i asks before;
-v shows users and programs; -m takes whole file systems. Forever's own background
processes, which keep the sockets of apps, are shown and not killed.

Options and exit codes are its own, so options of forever stand before the word
fuser. A link to forever that is called fuser is this command. On Windows it knows
ports, and no files.`,
		examples: []example{
			{"forever fuser 8080/tcp", "the PIDs"},
			{"forever fuser -v -n tcp 8080", "and who they are"},
			{"forever fuser -k -TERM 8080/tcp", "end them, connected clients too; killport spares those"},
			{"forever fuser -vm /mnt/disk", "why can it not be unmounted?"},
		},
		exits: []exit{
			{"0", "a NAME is used; with -k: a process was killed"},
			{"1", "none is, or the command line was wrong"},
		},
		complete: func(*call) []candidate {
			return []candidate{{"-k", "kill"}, {"-v", "users and programs"}, {"-i", "ask before each kill"}, {"-n", "file, tcp or udp"}, {"-m", "whole file systems"}, {"-l", "signals"}}
		},
		run: (*call).fuser,
	}
}

func (c *call) fuser() error {
	o, err := fuser.Parse(c.args)
	if err != nil {
		return exitCode(fuser.Explain(err, c.stderr))
	}
	var revived revivals
	o.OfApp = func(pid int, app who.App) { revived.add(pid, app) }
	// Each of the two starts the other again, but nobody starts both.
	o.Spare = func(pid int) bool { return isKeeper(who.Args(pid)) }
	code := fuser.Run(c.ctx, o, c.stdin, c.stdout, c.stderr)
	c.hintRevivals(revived)
	return exitCode(code)
}
