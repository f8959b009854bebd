package cli

import (
	"bufio"
	"fmt"

	"forever/internal/tasklist"
	"forever/internal/who"
)

const aboutFilters = `FILTER is "NAME OPERATOR VALUE", as in "IMAGENAME eq node.exe". The operators are eq,
ne, gt, lt, ge and le; the names are IMAGENAME, PID, USERNAME, STATUS, SESSION,
SESSIONNAME, CPUTIME, MEMUSAGE, MODULES, and the always empty SERVICES and WINDOWTITLE.
-fi means /fi, and case never matters. Outside of Windows the .exe of an image name may
be written or left out. Options of forever stand before the action's name. A link to
forever that has this action's name is this action.`

func tasklistCommand() *command {
	return &command{
		name: "tasklist", shape: classic,
		synopsis: []string{"tasklist [/V] [/FI FILTER]… [/FO TABLE|LIST|CSV] [/NH]", "tasklist /?"},
		brief:    "show the processes (as on Windows)",
		about:    "The classic tasklist of Windows, on every platform, for the processes of this machine.\n\n" + aboutFilters,
		examples: []example{
			{`forever tasklist /FI "IMAGENAME eq node.exe"`, "is Node running?"},
			{"forever tasklist /FO CSV /NH", "for a script"},
			{`forever tasklist /V /FI "MEMUSAGE gt 100000"`, "who needs more than 100 MB?"},
		},
		exits: []exit{
			{"0", "done, also when no task passes the filters"},
			{"1", "the command line was wrong, or the processes could not be read"},
		},
		complete: func(*call) []candidate {
			return []candidate{{"/FI", "filter"}, {"/FO", "TABLE, LIST or CSV"}, {"/NH", "without the header"}, {"/V", "with more columns"}, {"/?", "help"}}
		},
		run: (*call).tasklist,
	}
}

func (c *call) tasklist() error {
	o, err := tasklist.ParseList(c.args)
	if err != nil {
		return exitCode(tasklist.Explain(err, c.stderr))
	}
	out := bufio.NewWriter(c.stdout) // it is written cell by cell
	code := tasklist.List(o, out, c.stderr)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("print the tasks: %w", err)
	}
	return exitCode(code)
}

func taskkillCommand() *command {
	return &command{
		name: "taskkill", shape: classic,
		synopsis: []string{"taskkill [/F] [/T] {/PID PID… | /IM IMAGE…} [/FI FILTER]…", "taskkill /?"},
		brief:    "end processes by number or name (as on Windows)",
		about: `The classic taskkill of Windows, on every platform. Processes are asked to end
(SIGTERM), with /F they are killed (SIGKILL); /T takes all their descendants along.
/PID and /IM may be given several times, and * in an image name stands for anything.

` + aboutFilters,
		examples: []example{
			{"forever taskkill /PID 1230 /PID 1241 /T", "with all their descendants"},
			{"forever taskkill /F /IM node.exe", "every Node, by force"},
			{`forever taskkill /IM '*' /FI "USERNAME eq deploy"`, "everything of a user"},
		},
		exits: []exit{
			{"0", "every task was told to end, or none passes the filters"},
			{"1", "one could not be ended, or the command line was wrong"},
			{"128", "a PID or an image was not found; the others were told to end"},
		},
		complete: func(*call) []candidate {
			return []candidate{{"/PID", "process number"}, {"/IM", "image name"}, {"/F", "by force"}, {"/T", "descendants too"}, {"/FI", "filter"}, {"/?", "help"}}
		},
		run: (*call).taskkill,
	}
}

func (c *call) taskkill() error {
	o, err := tasklist.ParseKill(c.args)
	if err != nil {
		return exitCode(tasklist.Explain(err, c.stderr))
	}
	var revived revivals
	o.OfApp = func(pid int, app who.App) { revived.add(pid, app) }
	code := tasklist.Kill(c.ctx, o, c.stdout, c.stderr)
	c.hintRevivals(revived)
	return exitCode(code)
}
