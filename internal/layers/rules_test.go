package layers

// module is the module path; a package of ours is the module itself or below it.
const module = "forever"

// ranks orders the packages: one may import another of a lower rank only, which
// makes a cycle impossible and tells a reader what can be understood without
// the rest. Tests may import what they like.
var ranks = map[string]int{
	"":                  70, // main.go picks the role
	"internal/cli":      60, // one file per command: parse, call the client, print
	"internal/monit":    50, // the live screen
	"internal/render":   40, // tables, colour, durations, hints
	"internal/client":   40, // speaks to the control socket
	"internal/boot":     50, // puts the background processes together
	"internal/api":      40, // serves a supervisor on it
	"supervisor":        30, // apps, instances, state machine, backoff
	"internal/fuser":    20, // the classic fuser
	"internal/tasklist": 20, // the classic tasklist and taskkill
	"internal/shim":     20, // holds children and descriptors
	"internal/config":   10, // parses, defaults and validates app files
	"internal/target":   10, // which apps a TARGET means
	"internal/launch":   10, // the exec step
	"internal/listener": 10, // shared sockets
	"internal/ipc":      10, // Node's message channel
	"internal/logs":     10, // moves, cuts and rotates output
	"internal/probe":    5,  // readiness and health
	"internal/watch":    10, // file changes
	"internal/ports":    10, // who listens
	"internal/stats":    10, // cpu and memory
	"internal/units":    10, // boot hooks and exports
	"internal/who":      5,  // what a process is, for people
	"internal/schedule": 5,  // cron patterns; config checks by it, the supervisor keeps it
	"internal/program":  5,  // which file, which interpreter; config resolves by it
	"internal/layout":   5,  // where the files of an app are
	"internal/wire":     0,  // messages, no behaviour
	"internal/proc":     0,  // pidfd, groups, signals
	"internal/weight":   0,  // what the background processes keep in memory
	"internal/limits":   0,  // the caller's resource limits
	"internal/clock":    0,  // the one source of time
	"internal/sock":     0,  // unix sockets and descriptors over them
	"internal/sockets":  0,  // which process has which socket
	"internal/need":     0,  // what a test needs of the machine
	"internal/tidy":     10, // ends what tests leave behind
	"internal/layers":   0,  // this test
	"internal/faults":   0,  // tests that kill
	"internal/cluster":  0,  // tests of shared ports
	"internal/e2e":      0,  // tests of the command line
	"pidfile":           0,  // state file, process identity, atomic replace
}

// bans are the imports that no rank forbids, or that are worth a reason of
// their own. They hold through any number of packages in between.
var bans = []ban{
	{
		who:  []string{"internal/client", "internal/render", "internal/monit", "internal/cli"},
		what: []string{"forever/supervisor", "forever/internal/shim"},
		why:  "the command line speaks wire: what it can do, a script with curl can do",
	},
	{
		who:  []string{"pidfile"},
		what: []string{"forever/"},
		why:  "the state file is read by older and newer versions, and by other programs; it knows nobody",
	},
	{
		who:  []string{"internal/wire"},
		what: []string{"forever/"},
		why:  "messages have no behaviour, so they need nobody's",
	},
	{
		who: []string{"internal/shim"},
		what: []string{
			"forever/internal/config", "forever/internal/target", "forever/internal/logs",
			"forever/internal/program", "forever/internal/ports", "forever/internal/stats",
			"forever/internal/listener", "forever/internal/ipc", "forever/internal/probe",
			"forever/internal/watch", "forever/internal/units",
		},
		why: "the shim cannot be replaced as easily as a supervisor: it holds no policy",
	},
	{
		who:  []string{"internal/shim", "supervisor", "internal/launch", "pidfile"},
		what: append([]string{"github.com/urfave/cli/", "github.com/goccy/go-yaml", "github.com/pelletier/go-toml/"}, terminal...),
		why:  "what the two background processes initialise is resident for as long as a program runs",
	},
	{
		who: []string{
			"internal/client", "internal/api", "internal/config", "internal/target", "internal/logs",
			"internal/ports", "internal/stats", "internal/program", "internal/limits",
			"internal/proc", "internal/clock", "internal/sock", "internal/wire",
		},
		what: terminal,
		why:  "terminal libraries stop at render, monit and cli: the rest returns data and errors",
	},
}

// terminal are the libraries that know what a terminal is.
var terminal = []string{
	"golang.org/x/term",
	"github.com/mattn/go-runewidth",
	"github.com/clipperhouse/uax29/",
	"github.com/charmbracelet/",
}

// calls are forbidden outside main.go, examples, bench and tests. A key with a
// package means all of its functions that begin so; one without is a builtin.
var calls = map[string]string{
	"os.Exit":      "main.go alone ends the process: an exit elsewhere skips the clean-up of its callers",
	"syscall.Exit": "main.go alone ends the process: an exit elsewhere skips the clean-up of its callers",
	"log.Fatal":    "libraries return errors; the command line turns them into text and exit codes",
	"log.Panic":    "libraries return errors; the command line turns them into text and exit codes",
	"panic":        "a supervisor that panics is one more crash to recover from; return an error",
}

// topLevel are the names that may stand beside go.mod, files that begin with a
// dot apart: a person who opens the repository sees what it is made of.
var topLevel = map[string]bool{
	"main.go": true, "supervisor": true, "pidfile": true, "internal": true,
	"docs": true, "examples": true, "bench": true,
	"go.mod": true, "go.sum": true, "Dockerfile": true,
	"README.md": true, "LICENSE": true, "CHANGELOG.md": true,

	"forever": true, "forever.exe": true, // built here by the README's command, ignored by git
}
