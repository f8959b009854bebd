package main

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

var reloadSection = section{
	name: "reload", title: "requests that fail while a server is replaced",
	notes: []string{
		"16 clients, each with 2 ms between an answer and its next request. None sends a request twice: what is not answered within 5 s, reset or refused has failed. Close: a connection for each request. Gap: the longest time in which nobody got an answer.",
		"A server that drains answers with `Connection: close` from the stop signal on, and ends when nobody is connected. A careless one knows nothing of signals, so that who keeps a connection to it has to lose it; forever waits 5 s for such connections to end.",
		"Reload: all reloads in one go, with two processes, until there were 50,000 requests (careless: one reload, and no minimum). Only forever and pm2 have it.",
		"Restart and kill -9: from 0.2 s before until 0.4 s after the new process listens. One process: forever with -i 1, pm2 with -i 1. One of two: kill -9 of one, restart of both. A kill takes along what was being answered.",
	},
	run: measureReload,
}

// shop is a server that clients use while something happens to it.
type shop struct {
	one   *session
	p     peer
	w     web
	alive []notice // its processes
}

// openShop starts n processes of a server, on one port; with a peer that cannot
// share a port it has to be one.
func openShop(one *session, p peer, manner string, n int) (*shop, error) {
	w, err := one.web("plain", manner)
	if err != nil {
		return nil, err
	}
	h := &shop{one: one, p: p, w: w}
	h.alive, err = one.serve(w, n, func(w web) error {
		if p, ok := p.(sharer); ok {
			return p.share(w.job, n)
		}
		return errors.Join(p.prepare([]job{w.job}), p.batch([]job{w.job}))
	})
	return h, err
}

// during lets an event happen under load, after which so many new processes
// report, and goes on until there were enough requests.
func (h *shop) during(keep bool, enough int, event func() (ups int, err error)) (tally, error) {
	h.one.post.collect(time.Millisecond) // who came unexpectedly
	if err := h.one.pause(max(latest(h.alive)+uptime-now(), 0)); err != nil {
		return tally{}, err
	}
	l := startLoad(h.w.port, keep, loadTimeout)
	err := h.happen(l, enough, event)
	return l.stop(), err
}

func (h *shop) happen(l *load, enough int, event func() (int, error)) error {
	if err := h.one.pause(200 * time.Millisecond); err != nil {
		return err
	}
	ups, err := event()
	if err != nil {
		return err
	}
	came, err := h.one.post.wait(ups, 30*time.Second)
	if err != nil {
		return err
	}
	h.alive = append(h.alive, came...)[len(came):]
	for end := time.Now().Add(time.Minute); l.total() < enough && time.Now().Before(end); {
		if err := h.one.pause(20 * time.Millisecond); err != nil {
			return err
		}
	}
	return h.one.pause(400 * time.Millisecond)
}

// reloads is an event.
func (h *shop) reloads(times int) func() (int, error) {
	return func() (int, error) {
		for range times {
			if err := h.p.(sharer).reload(h.w.name); err != nil {
				return 0, err
			}
		}
		return times * len(h.alive), nil
	}
}

// restarts is an event.
func (h *shop) restarts() (int, error) { return len(h.alive), h.p.restart(h.w.name) }

// kill is an event: one process dies, the one that has been there longest.
func (h *shop) kill() (int, error) { return 1, unix.Kill(h.alive[0].pid, unix.SIGKILL) }

func measureReload(l *lab, s *Section) error {
	for _, manner := range []string{drains, careless} {
		if err := l.each(s, func(k *kind, one *session, p peer) error {
			if !k.shares {
				return nil
			}
			return reloadOf(s, k, one, p, manner)
		}); err != nil {
			return err
		}
	}
	return l.repeat(pick(l, 3, 1), 140*time.Second, func(int) error {
		for _, n := range pick(l, []int{1, 2}, []int{1}) {
			if err := l.each(s, func(k *kind, one *session, p peer) error {
				if n > 1 && !k.shares {
					return nil
				}
				return replaceOf(s, k, one, p, n)
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// reloadOf reloads again and again under both kinds of clients.
func reloadOf(s *Section, k *kind, one *session, p peer, manner string) error {
	h, err := openShop(one, p, manner, 2)
	if err != nil {
		return err
	}
	times, enough := pick(one.lab, 10, 2), pick(one.lab, 50_000, 2_000)
	if manner == careless {
		times, enough = 1, 0
	}
	for _, keep := range []bool{false, true} {
		if keep && manner == careless && one.quick {
			continue // its connections are waited for
		}
		t, err := h.during(keep, enough, h.reloads(times))
		if err != nil {
			return err
		}
		key := "reload_" + manner
		label := fmt.Sprintf("reload × %d, server that drains", times)
		if manner == careless {
			label = fmt.Sprintf("reload × %d, careless server", times)
		}
		tellLoss(s, k, key, label, keep, t)
	}
	return nil
}

// replaceOf restarts and kills one of n processes under both kinds of clients.
func replaceOf(s *Section, k *kind, one *session, p peer, n int) error {
	h, err := openShop(one, p, drains, n)
	if err != nil {
		return err
	}
	which := map[int]string{1: "the one process", 2: "one of two"}[n]
	for _, keep := range pick(one.lab, []bool{false, true}, []bool{false}) {
		t, err := h.during(keep, 0, h.kill)
		if err != nil {
			return err
		}
		tellLoss(s, k, fmt.Sprintf("kill_%d", n), "kill -9 of "+which, keep, t)
		if t, err = h.during(keep, 0, h.restarts); err != nil {
			return err
		}
		which := map[int]string{1: "the one process", 2: "both"}[n]
		tellLoss(s, k, fmt.Sprintf("restart_%d", n), "restart of "+which, keep, t)
	}
	return nil
}

func tellLoss(s *Section, k *kind, key, label string, keep bool, t tally) {
	if keep {
		key, label = key+"_keep_", label+", keep-alive: "
	} else {
		key, label = key+"_close_", label+", close: "
	}
	s.add(Row{Key: key + "failed", Label: label + "failed"}, k.Name, float64(t.failed))
	s.add(Row{Key: key + "gap", Label: label + "gap", Unit: "ms"}, k.Name, ms(t.gap))
	s.add(Row{Key: key + "requests", Label: label + "requests", Neutral: true}, k.Name, float64(t.total))
	causes := Row{Key: key + "causes", Label: label + "causes"}
	s.row(causes)
	if t.failed > 0 {
		s.say(causes, k.Name, t.reasons())
	}
}
