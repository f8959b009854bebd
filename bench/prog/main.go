// Prog is what the supervisors keep running while they are measured: one small
// static binary under several names, each a behaviour. The first argument of
// most is a FIFO, to which a program says that it runs, with the time.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// behaviours are the names under which this binary is installed.
var behaviours = map[string]func(args []string) error{
	"bench-stay":   stay,
	"bench-crash":  crash,
	"bench-tick":   tick,
	"bench-flood":  flood,
	"bench-loop":   loop,
	"bench-splice": splice,
	"bench-drip":   drip,
	"bench-calls":  calls,
	"bench-once":   once,
	"bench-listen": listen,
}

func main() {
	name := filepath.Base(os.Args[0])
	act, ok := behaviours[name]
	if !ok || len(os.Args) < 2 {
		fmt.Fprintf(os.Stderr, "%s: no such behaviour, or no FIFO\n", name)
		os.Exit(2)
	}
	if err := act(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(3)
	}
}
