package supervisor

import (
	_ "embed" // node_share.js
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"forever/internal/launch"
	"forever/internal/listener"
	"forever/pidfile"
)

// The ways in which the instances of an app share their ports. The app may choose
// one by the variable wayVar in its environment: WAY or WAY:ADDRESS,ADDRESS.
const (
	wayVar = "FOREVER_CLUSTER"

	bySeccomp = "seccomp"    // the binds of its programs are answered
	byFDs     = "listen_fds" // they get sockets as systemd passes them (sd_listen_fds(3))
	byNode    = "node"       // a script is loaded into them that has them share
	byNothing = "none"
)

// way is how an app shares.
type way struct {
	kind  string
	why   string             // not by seccomp
	lends []listener.Address // for byFDs and byNode: what they get sockets of
}

// canReport tells why nobody's binds are reported on this system.
var canReport = sync.OnceValue(launch.CanReport)

// way finds how the instances of an app share: as the app says, else by seccomp,
// else, if it is one of Node, by a script. A program cannot be seen to know
// LISTEN_FDS, and one that does not would find its own port taken.
func (s *Supervisor) way(a *app) way {
	kind, list, _ := strings.Cut(a.variable(wayVar), ":")
	w := way{kind: kind, why: "by " + wayVar}
	switch kind {
	case bySeccomp, byNothing:
		return w
	case byFDs, byNode:
		return w.lend(a, list)
	case "":
	default:
		return way{kind: byNothing, why: fmt.Sprintf("%s has to be %s, %s, %s or %s", wayVar, bySeccomp, byFDs, byNode, byNothing)}
	}
	err := canReport()
	if err == nil {
		return way{kind: bySeccomp}
	}
	w.why = err.Error()
	if a.spec.User == nil && a.isNode() { // another user cannot read the script
		w.kind = byNode
		return w.lend(a, "")
	}
	w.kind = byNothing
	w.why += "; a program that knows LISTEN_FDS shares with " + wayVar + "=" + byFDs + " and PORT in its environment"
	return w
}

// lend adds the addresses of sockets that are made for the program: those of a list,
// else everything at the port that PORT names.
func (w way) lend(a *app, list string) way {
	if list == "" {
		list = a.variable("PORT")
	}
	for text := range strings.SplitSeq(list, ",") {
		addr, err := parseListen(text)
		switch {
		case err == nil:
			w.lends = append(w.lends, addr)
		case text != "" || w.kind == byFDs:
			return way{kind: byNothing, why: fmt.Sprintf("%s=%s needs PORT=NUMBER or %s=%s:ADDRESS, not %q", wayVar, w.kind, wayVar, w.kind, text)}
		}
	}
	return w
}

// parseListen reads PORT, ADDRESS:PORT or [ADDRESS]:PORT.
func parseListen(text string) (listener.Address, error) {
	if port, err := strconv.ParseUint(text, 10, 16); err == nil && port > 0 {
		return listener.Address{AddrPort: netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(port)), V6: true}, nil
	}
	addr, err := netip.ParseAddrPort(text)
	if err != nil || addr.Port() == 0 {
		return listener.Address{}, fmt.Errorf("%q is no address with a port", text)
	}
	return listener.Address{AddrPort: addr, V6: addr.Addr().Is6()}, nil
}

// variable is what the app's environment has under a name; empty: nothing.
func (a *app) variable(name string) (value string) {
	for _, kv := range a.spec.Env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value = v
		}
	}
	return value
}

// isNode: the app's program is one of Node.
func (a *app) isNode() bool {
	file, _ := command(&a.spec)
	return filepath.Base(file) == "node" || slices.Contains([]string{".js", ".cjs", ".mjs"}, filepath.Ext(file))
}

// String is the way as describe shows it.
func (w way) String() string {
	var at []string
	for _, addr := range w.lends {
		at = append(at, addr.String())
	}
	sockets := strings.Join(at, ", ")
	switch {
	case w.kind == byFDs:
		return fmt.Sprintf("LISTEN_FDS: it is given sockets of %s (not by seccomp: %s)", sockets, w.why)
	case w.kind == byNode && sockets != "":
		return fmt.Sprintf("a script that is preloaded into Node, and sockets of %s (not by seccomp: %s)", sockets, w.why)
	case w.kind == byNode:
		return fmt.Sprintf("a script that is preloaded into Node 22.12 and later; earlier ones share with PORT in their environment (not by seccomp: %s)", w.why)
	}
	return notShared + w.why
}

// reports: the binds of the app's programs are to be reported.
func (s *Supervisor) reports(a *app) bool { return a.shares() && s.way(a).kind == bySeccomp }

// lend makes the sockets that the instance's next process is given from the start.
// Their names are those of its plan, which is made anew if they have changed.
func (s *Supervisor) lend(in *instance) {
	var names []string
	in.lent = nil
	if in.app.shares() {
		for _, addr := range s.way(in.app).lends {
			g, err := s.groupFor(in.app, &listener.Bind{Address: addr})
			if err != nil { // it starts all the same, and says itself what it lacks
				s.logf("%s: %v", in.label(), err)
				continue
			}
			// As systemd hands them over; the process before may have wanted it otherwise.
			if err := unix.SetNonblock(g.fds[in.place()], false); err != nil {
				s.logf("%s: %v", in.label(), err)
			}
			in.lent, names = append(in.lent, g), append(names, in.app.socketName(g, in.place()))
		}
	}
	if !slices.Equal(names, in.sockets) {
		in.sockets, in.planned = names, false
	}
}

// lendEnv tells the program of its sockets, and Node of its script.
func (in *instance) lendEnv() (env []string) {
	if !in.app.shares() {
		return nil
	}
	var ports, addresses []string
	for _, g := range in.lent {
		ports = append(ports, strconv.Itoa(int(g.Port())))
		addresses = append(addresses, g.AddrPort.String())
	}
	if len(ports) > 0 { // LISTEN_PID is added by the process itself
		env = append(env, fmt.Sprintf("LISTEN_FDS=%d", len(ports)), "LISTEN_FDNAMES="+strings.Join(ports, ":"))
	}
	s := in.app.s
	if s.way(in.app).kind != byNode {
		return env
	}
	path, err := s.nodeScript()
	if err != nil {
		s.logf("%s: %v", in.label(), err)
		return env
	}
	env = append(env, "FOREVER_LISTEN="+strings.Join(addresses, ",")) // LISTEN_FDNAMES takes no colon
	quoted := `--require "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(path) + `"`
	return append(env, "NODE_OPTIONS="+strings.TrimSpace(quoted+" "+in.app.variable("NODE_OPTIONS")))
}

//go:embed node_share.js
var nodeShare []byte

// nodeScript writes the script that is loaded into Node, unless it is there.
func (s *Supervisor) nodeScript() (path string, err error) {
	path = filepath.Join(s.root, "node_share.js")
	if now, err := os.ReadFile(path); err == nil && string(now) == string(nodeShare) {
		return path, nil
	}
	return path, pidfile.WriteAtomic(path, nodeShare, 0o600)
}

// shareOtherwise: the process shares by what it was given.
func (s *Supervisor) shareOtherwise(in *instance, w way) {
	in.sharing = w.String()
	in.bound = slices.Clone(in.lent)
	for _, g := range in.bound {
		if !in.former {
			g.served[in.index] = true
		}
		s.steer(in.app)
		s.admit(g)
	}
}
