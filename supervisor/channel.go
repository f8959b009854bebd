package supervisor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"forever/internal/ipc"
	"forever/internal/probe"
	"forever/internal/wire"
)

// The names under which the shim holds the two ends of an instance's channel.
func (in *instance) channelName() string { return in.slot + "/channel" }
func (in *instance) channelEnd() string  { return in.slot + "/channel-end" }

// newChannel makes a message channel for the instance's next process: the shim
// holds both ends, so that ours outlives us and the program finds its own.
func (s *Supervisor) newChannel(in *instance) error {
	if !in.app.spec.Channel {
		return nil
	}
	ours, theirs, err := ipc.Pair()
	if err != nil {
		return err
	}
	return errors.Join(s.shim.Put(in.channelName(), ours, nil), s.shim.Put(in.channelEnd(), theirs, nil))
}

// openChannel listens to what the instance's process says. began: it was just
// started, and has its end.
func (s *Supervisor) openChannel(in *instance, began bool) {
	in.closeChannel()
	if !in.app.spec.Channel {
		return
	}
	if began {
		s.shimError(s.shim.Drop(in.channelEnd()))
	}
	f, err := s.shim.Held(in.channelName())
	if err == nil {
		in.channel, err = ipc.NewChannel(f)
	}
	if err != nil {
		s.logf("%s: message channel: %v", in.label(), err)
		return
	}
	go s.listenTo(in, in.channel, in.life)
}

func (s *Supervisor) listenTo(in *instance, c *ipc.Channel, life int) {
	for {
		msg, err := c.Receive()
		switch {
		case errors.Is(err, ipc.ErrMalformed):
			s.post(func() { in.misheard(life, err) })
		case err != nil:
			if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrClosed) && !errors.Is(err, net.ErrClosed) {
				s.logf("%s: message channel: %v", in.slot, err)
			}
			return
		default:
			s.post(func() { in.heard(life, msg) })
		}
	}
}

// heard: the program has sent a message. "ready" is readiness, where that was asked
// for and nothing else; what is no such word is the answer to whoever asked last.
func (in *instance) heard(life int, msg json.RawMessage) {
	if string(msg) == ipc.Ready {
		if in.app.spec.Ready == probe.KindMessage {
			in.saidReady(life)
		}
		return
	}
	if q := in.nextQuestion(); q != nil {
		q.w.answer(q.g, msg)
	}
}

// misheard: the program has sent what is no message, or too long for one.
func (in *instance) misheard(life int, err error) {
	in.app.s.logf("%s: %v", in.label(), err)
	if !in.still(life) {
		return
	}
	if q := in.nextQuestion(); q != nil {
		q.w.reach(q.g, &wire.Error{Code: wire.CodeInternal, Message: fmt.Sprintf("app %q: its answer cannot be taken: %v", in.label(), err)})
	}
}

// question is what a command has asked a program.
type question struct {
	w *waiting
	g *goal
}

// open: who asked waits still.
func (q *question) open() (open bool) {
	q.w.note(q.g, func() { open = !q.g.done && q.w.ctx.Err() == nil })
	return open
}

// nextQuestion takes the one that the program answers next; nil: nobody waits. A
// question that was never answered must not take the answer to the next.
func (in *instance) nextQuestion() *question {
	for len(in.asked) > 0 {
		q := in.asked[0]
		in.asked = in.asked[1:]
		if q.open() {
			return q
		}
	}
	return nil
}

func (in *instance) closeChannel() {
	if in.channel != nil {
		in.channel.Close()
		in.channel = nil
	}
	in.asked = nil
}

// actSend sends a message to a program and waits for what it says next.
func (s *Supervisor) actSend(a *app, index int, r wire.TargetRequest, w *waiting) {
	for _, in := range a.chosen(index) {
		g := w.add(in, didSent)
		g.single = true
		switch {
		case in.proc.PID == 0:
			g.done, g.err = true, &wire.Error{Code: wire.CodeNoTarget, Message: fmt.Sprintf("app %q: does not run (%v)", in.label(), in.state)}
			continue
		case in.channel == nil:
			g.done, g.err = true, &wire.Error{Code: wire.CodeUsage, Message: fmt.Sprintf("app %q: has no message channel; only Node programs have one", in.label())}
			continue
		}
		g.pid = in.proc.PID
		in.asked = append(in.asked, &question{w, g})
		if err := in.channel.Send(r.Message); err != nil {
			in.asked = in.asked[:len(in.asked)-1]
			g.done, g.err = true, &wire.Error{Code: wire.CodeInternal, Message: fmt.Sprintf("app %q: %v", in.label(), err)}
		}
	}
}
