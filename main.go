// Forever keeps programs running: it starts them detached from the terminal,
// restarts them when they fail, and stops them cleanly.
package main

import (
	"fmt"
	"os"
	"time"

	"forever/internal/boot"
	"forever/internal/cli"
	"forever/internal/launch"
)

// main picks the role. One binary is everything: the command line, the
// supervisor, the shim, and the step between fork and a program.
func main() { os.Exit(role(os.Args)) }

func role(args []string) int {
	if len(args) > 1 {
		switch args[1] {
		case launch.StepName:
			return launch.Step()
		case boot.ShimRole:
			return background(boot.Shim(args[2:], cli.Version))
		case boot.AdoptRole:
			return background(boot.Adopt(args[2:]))
		case boot.SupervisorRole:
			return background(boot.Supervisor(args[2:], cli.Version))
		}
	}
	return cli.Main(args, os.Stdin, os.Stdout, os.Stderr)
}

// background ends one of the background processes; their stderr is supervisor.log.
func background(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(os.Stderr, "%s forever[%d]: %v\n", time.Now().Format(time.RFC3339), os.Getpid(), err)
	return 1
}
