// Package fuser is the classic fuser(1) of psmisc: which processes use a port,
// a file or a file system, and killing them. Options, output (PIDs on stdout,
// all else on stderr) and exit codes are those of psmisc 23.
package fuser

import (
	"slices"
	"strings"
	"syscall"

	"forever/internal/proc"
	"forever/internal/sockets"
	"forever/internal/who"
)

// The name spaces of names.
const (
	files = "file"
	tcp   = sockets.TCP
	udp   = sockets.UDP
)

// Options are a parsed command line.
type Options struct {
	Names []Name

	All         bool // -a: show unused names too
	Interactive bool // -i: ask before each kill
	Kill        bool // -k
	Mount       bool // -m, -c: everything on the file systems of the names
	MountPoint  bool // -M: names that are no mount points are an error
	Silent      bool // -s
	User        bool // -u
	Verbose     bool // -v
	Writers     bool // -w: kill only those who write
	V4, V6      bool // -4, -6: only sockets of that family

	// Signal is what -k sends; SIGKILL unless the command line says otherwise.
	Signal syscall.Signal

	ListSignals bool // -l: print the signals, and nothing else
	Version     bool // -V: print the version, and nothing else

	// OfApp is told of each process that -k has signalled and that belongs to an
	// app of forever. nil: nobody is told. No part of the command line.
	OfApp func(pid int, app who.App)
	// Spare tells whether -k leaves a process alone, which is then said. nil: none.
	Spare func(pid int) bool
}

// Name is one file or port that is asked for.
type Name struct {
	Text  string // as it is shown: an absolute path, or "8080/tcp"
	Space string
	port  portSpec
	typed string // a file as the user wrote it
}

// portSpec is a name of the form [local port][,[remote host][,[remote port]]].
type portSpec struct {
	local, remoteHost, remotePort string
}

// UsageError is a wrong command line, in psmisc's words.
type UsageError string

func (e UsageError) Error() string { return string(e) }

// Parse reads a command line, without the command's own name. Options may stand
// anywhere before "--".
func Parse(args []string) (Options, error) {
	p := parser{Options: Options{Signal: syscall.SIGKILL}, space: files}
	for p.rest = args; len(p.rest) > 0 && !p.done(); {
		arg := p.next()
		if err := p.argument(arg); err != nil {
			return Options{}, err
		}
	}
	if p.done() {
		return p.Options, nil
	}
	return p.Options, p.check()
}

// parser is a call of Parse under way.
type parser struct {
	Options
	rest    []string
	space   string // of the names that follow
	onlyNow bool   // after "--": only names
}

// done: -l and -V answer at once, whatever follows.
func (p *parser) done() bool { return p.ListSignals || p.Version }

func (p *parser) next() string {
	arg := p.rest[0]
	p.rest = p.rest[1:]
	return arg
}

func (p *parser) argument(arg string) error {
	switch {
	case p.onlyNow || len(arg) < 2 || arg[0] != '-':
		return p.name(arg)
	case arg == "--":
		p.onlyNow = true
		return nil
	case strings.HasPrefix(arg, "--"):
		return p.long(arg[2:])
	default:
		return p.short(arg[1:])
	}
}

// long reads an option like --kill or --namespace=tcp.
func (p *parser) long(option string) error {
	letters := map[string]byte{
		"all": 'a', "kill": 'k', "interactive": 'i', "inode": 'I', "list-signals": 'l', "mount": 'm',
		"ismountpoint": 'M', "silent": 's', "user": 'u', "verbose": 'v', "writeonly": 'w',
		"version": 'V', "ipv4": '4', "ipv6": '6', "namespace": 'n',
	}
	name, value, hasValue := strings.Cut(option, "=")
	letter, known := letters[name]
	if !known || hasValue && letter != 'n' {
		return UsageError("fuser: Invalid option --" + option)
	}
	if letter != 'n' {
		p.set(letter)
		return nil
	}
	if !hasValue {
		return p.namespace()
	}
	return p.setSpace(value)
}

// short reads a group of letters, or a signal: what is none of our letters and
// begins a signal's name or number.
func (p *parser) short(group string) error {
	for i := range len(group) {
		letter := group[i]
		switch {
		case letter == 'n':
			return p.namespace()
		case p.set(letter):
		case letter >= 'A' && letter <= 'Z' || letter >= '0' && letter <= '9':
			sig, err := proc.ParseSignal(group)
			if err != nil {
				return nameError(group + ": unknown signal; fuser -l lists signals.")
			}
			p.Signal = sig
			return nil
		default:
			return UsageError("fuser: Invalid option " + string(rune(letter)))
		}
	}
	return nil
}

// set switches an option without a value on; false for an unknown one.
func (p *parser) set(letter byte) bool {
	switches := map[byte][]*bool{
		'a': {&p.All}, 'i': {&p.Interactive}, 'k': {&p.Kill}, 'l': {&p.ListSignals},
		'm': {&p.Mount}, 'c': {&p.Mount}, 'M': {&p.MountPoint},
		's': {&p.Silent}, 'u': {&p.User}, 'v': {&p.Verbose}, 'V': {&p.Version},
		'w': {&p.Writers, &p.Kill}, '4': {&p.V4}, '6': {&p.V6},
		'f': {}, 'I': {}, // accepted, and without a meaning here
	}
	on, known := switches[letter]
	for _, b := range on {
		*b = true
	}
	return known
}

// namespace reads the argument of -n.
func (p *parser) namespace() error {
	if len(p.rest) == 0 {
		return UsageError("Namespace option requires an argument.")
	}
	return p.setSpace(p.next())
}

func (p *parser) setSpace(space string) error {
	if !slices.Contains([]string{files, tcp, udp}, space) {
		return UsageError("Invalid namespace name")
	}
	p.space = space
	return nil
}

func (p *parser) check() error {
	ports := slices.ContainsFunc(p.Names, func(n Name) bool { return n.Space != files })
	switch {
	case len(p.Names) == 0:
		return UsageError("No process specification given")
	case p.All && p.Silent:
		return UsageError("all option cannot be used with silent option.")
	case p.V4 && p.V6:
		return UsageError("You cannot search for only IPv4 and only IPv6 sockets at the same time")
	case ports && (p.Mount || p.MountPoint):
		return UsageError("You can only use files with mountpoint options")
	}
	return nil
}
