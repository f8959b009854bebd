package fuser

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"forever/internal/proc"
	"forever/internal/who"
)

// Exit codes.
const (
	used   = 0 // some name is used; with -k: some process was killed
	unused = 1 // none is, or the command line was wrong
)

// Run does what the options ask and returns the exit code. PIDs go to stdout,
// everything else to stderr; answers to -i are read from stdin.
func Run(ctx context.Context, o Options, stdin io.Reader, stdout, stderr io.Writer) int {
	switch {
	case o.ListSignals:
		return listSignals(stdout)
	case o.Version:
		fmt.Fprintln(stderr, "fuser of forever, after the one of psmisc 23")
		return used
	}
	answers, err := search(&o)
	if err != nil {
		fmt.Fprintf(stderr, "fuser: %v\n", err)
		return unused
	}
	if !o.Silent {
		(&printer{o: &o, out: stdout, err: stderr}).print(answers)
	}
	if o.Kill {
		return killAll(ctx, &o, answers, bufio.NewReader(stdin), stderr)
	}
	for _, a := range answers {
		if len(a.users) > 0 || o.Verbose && len(a.mounts) > 0 {
			return used
		}
	}
	return unused
}

// Explain prints a mistake in the command line, and the usage after it if it
// was one of form. It returns the exit code.
func Explain(err error, stderr io.Writer) int {
	fmt.Fprintln(stderr, err)
	var form UsageError
	if errors.As(err, &form) {
		fmt.Fprint(stderr, usage)
	}
	return unused
}

const usage = `Usage: fuser [-fIMuvw] [-a|-s] [-4|-6] [-c|-m|-n SPACE]
             [-k [-i] [-SIGNAL]] NAME...
       fuser -l
       fuser -V
Show which processes use the named files, sockets, or filesystems.

  -a,--all              display unused files too
  -i,--interactive      ask before killing (ignored without -k)
  -I,--inode            use always inodes to compare files
  -k,--kill             kill processes accessing the named file
  -l,--list-signals     list available signal names
  -m,--mount            show all processes using the named filesystems or
                        block device
  -M,--ismountpoint     fulfill request only if NAME is a mount point
  -n,--namespace SPACE  search in this name space (file, udp, or tcp)
  -s,--silent           silent operation
  -SIGNAL               send this signal instead of SIGKILL
  -u,--user             display user IDs
  -v,--verbose          verbose output
  -w,--writeonly        kill only processes with write access
  -V,--version          display version information
  -4,--ipv4             search IPv4 sockets only
  -6,--ipv6             search IPv6 sockets only
  udp/tcp names: [local_port][,[rmt_host][,[rmt_port]]]

`

// listSignals prints the names without SIG, in lines of at most 80 columns.
func listSignals(stdout io.Writer) int {
	line := ""
	for sig := syscall.Signal(1); sig < 32; sig++ {
		name, known := strings.CutPrefix(proc.SignalName(sig), "SIG")
		if !known {
			continue
		}
		if len(line)+1+len(name) > 80 {
			fmt.Fprintln(stdout, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+name, " ")
	}
	fmt.Fprintln(stdout, line)
	return used
}

// killAll sends the signal to every user of every name, to each process once.
// This process is never among them.
func killAll(ctx context.Context, o *Options, answers []answer, stdin *bufio.Reader, stderr io.Writer) int {
	code, seen := unused, make(map[int]bool)
	for _, a := range answers {
		for _, u := range a.users {
			if seen[u.PID] || ctx.Err() != nil || o.Writers && u.access&asWriter == 0 {
				continue
			}
			seen[u.PID] = true
			if o.Interactive && !agreed(u.PID, stdin, stderr) {
				continue
			}
			if err := o.kill(u.Entry); err == nil {
				code = used
			} else if !errors.Is(err, os.ErrProcessDone) {
				fmt.Fprintf(stderr, "Could not kill process %d: %v\n", u.PID, reason(err))
			}
		}
	}
	return code
}

// errSpared is why a process of forever itself is not killed.
var errSpared = errors.New("it is forever itself, and keeps the sockets of apps")

// kill signals the very process that was seen, never another one that has its
// number by now.
func (o *Options) kill(e proc.Entry) error {
	if o.Spare != nil && o.Spare(e.PID) {
		return errSpared
	}
	h, err := proc.Open(e.PID, e.Start)
	if err != nil {
		return err
	}
	defer h.Close()
	app := who.AppOf(e.PID) // a dead process has no environment
	if err := h.Signal(o.Signal); err != nil {
		return err
	}
	if app != nil && o.OfApp != nil {
		o.OfApp(e.PID, *app)
	}
	return nil
}

// reason is the system's own word where there is one.
func reason(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

// agreed asks whether to kill; the end of the input means no.
func agreed(pid int, stdin *bufio.Reader, stderr io.Writer) bool {
	fmt.Fprintf(stderr, "Kill process %d ? (y/N) ", pid)
	line, _ := stdin.ReadString('\n')
	return strings.HasPrefix(line, "y") || strings.HasPrefix(line, "Y")
}
