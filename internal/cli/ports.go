package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"forever/internal/ports"
	"forever/internal/render"
	"forever/internal/who"
)

func portsCommand() *command {
	return &command{
		name: "ports", shape: targets,
		synopsis: []string{"ports [options] [PORT…]"},
		brief:    "show who listens where",
		about: `Every TCP and UDP port on which a program of this machine waits, or only the given
ones (8080, 8080/tcp, 5353/udp), with the process and the app of forever that it
belongs to. A socket that several processes share has a row for each. The address *
takes IPv4 and IPv6. Starts nothing, and needs no supervisor.`,
		options: []*option{
			{name: "json", usage: "a JSON array for programs; fields are only ever added"},
		},
		examples: []example{
			{"forever ports", "everything"},
			{"forever ports 8080 5353/udp", "who is there?"},
			{"forever ports --json", "for a script"},
		},
		exits: []exit{
			{"0", "done"},
			{"1", "nothing listens on one of the given ports; the others were shown"},
			{"2", "the command line was wrong"},
		},
		complete: (*call).portWords,
		run:      (*call).ports,
	}
}

func (c *call) ports() error {
	list, err := ports.ParseAll(c.args)
	if err != nil {
		return usagef("forever help ports", "%v", err)
	}
	listing, err := ports.List(list)
	if err != nil {
		return err
	}
	if err := c.printPorts(listing.Listeners, len(list) > 0); err != nil {
		return err
	}
	silent := c.unheard(list, listing.Listeners)
	if listing.Hidden > 0 && slices.ContainsFunc(listing.Listeners, nobody) {
		c.note("some listen for other users, whose processes only they and root may see")
		c.err.Hint("sudo forever " + render.Words(append([]string{"ports"}, c.args...)))
	}
	return silent
}

// nobody tells that the holder of a socket was not seen.
func nobody(l ports.Listener) bool { return l.Process.PID == 0 }

func (c *call) printPorts(list []ports.Listener, asked bool) error {
	switch {
	case c.opts.Bool("json"):
		return encodeJSON(c.out, append([]ports.Listener{}, list...), "  ")
	case len(list) > 0:
		return render.Listeners(c.out, list, time.Now())
	case !asked:
		c.say("nothing listens")
	}
	return nil
}

// unheard prints the ports on which nothing listens; they are the command's failure.
func (c *call) unheard(list []ports.Port, found []ports.Listener) error {
	var failed error
	for _, p := range list {
		if slices.ContainsFunc(found, func(l ports.Listener) bool {
			return l.Address.Port() == p.Number && (p.Proto == "" || p.Proto == l.Proto)
		}) {
			continue
		}
		failed = exitCode(codeFailed)
		c.err.Error(fmt.Sprintf("nothing listens on port %v", p))
	}
	return failed
}

// portWords completes a PORT: those on which something listens.
func (c *call) portWords() []candidate {
	listing, err := ports.List(nil)
	if err != nil {
		return nil // a person is typing
	}
	var list []candidate
	for _, l := range listing.Listeners {
		word := fmt.Sprint(l.Address.Port())
		if l.Process.PID != os.Getpid() && !slices.ContainsFunc(list, func(have candidate) bool { return have.word == word }) {
			list = append(list, candidate{word, strings.TrimSpace(l.Proto + " " + who.Printable(l.Process.Name))})
		}
	}
	return list
}
