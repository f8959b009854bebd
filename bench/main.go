// Bench measures forever beside its peers on one machine, in one run, and
// writes bench/RESULTS.md and bench/results.json. bench/run is the command for
// people: it builds everything and gets the peers.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// options are the command line.
type options struct {
	readme bool
	quick  bool
	only   string // sections, separated by commas; empty: all
	peers  string // subjects, likewise
	out    string
	tools  string
}

func main() {
	var o options
	flag.BoolVar(&o.readme, "readme", false, "copy the table of bench/RESULTS.md into README.md, and measure nothing")
	flag.BoolVar(&o.quick, "quick", false, "few rounds: five minutes")
	flag.StringVar(&o.only, "only", "", "measure these `SECTIONS` alone: "+strings.Join(sectionNames(), ","))
	flag.StringVar(&o.peers, "peers", "", "compare with these `PEERS` alone")
	flag.StringVar(&o.out, "out", "", "write into this `FOLDER` (default: bench for a whole run, else a temporary one)")
	flag.StringVar(&o.tools, "tools", "", "the `FOLDER` with the programs and the peers, which bench/run makes")
	flag.Parse()
	os.Exit(command(o))
}

func command(o options) int {
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "bench: error: unknown argument %q\n", flag.Arg(0))
		return 2
	}
	err := act(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: error:", err)
		return 1
	}
	return 0
}

func act(o options) error {
	if o.readme {
		return updateReadme(filepath.Join("bench", "RESULTS.md"), "README.md")
	}
	return kept(func(ctx context.Context) error { return measure(ctx, o) })
}

// folder is where the results go. Only a whole run may replace the published
// ones.
func (o options) folder() (string, error) {
	if o.out == "" && !o.quick && o.only == "" && o.peers == "" {
		return "bench", nil
	}
	if o.out == "" {
		return os.MkdirTemp("", "forever-bench-results-")
	}
	return o.out, os.MkdirAll(o.out, 0o755)
}

// wants tells whether name is in a list of the command line; an empty one has
// everything.
func wants(list, name string) bool {
	return list == "" || slices.Contains(splitList(list), name)
}

// splitList splits at commas; of nothing comes nothing.
func splitList(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}
