package monit

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"forever/internal/render"
	"forever/internal/wire"
)

// answer is what came of a wish.
type answer struct {
	text string
	bad  bool
}

// grant carries out what a key has asked for, beside the loop.
func (u *ui) grant(ctx context.Context, w wish) {
	name := render.Escape(w.app.Name)
	u.m.say(doing(w.action)+" "+name+"…", false)
	r := wire.TargetRequest{Targets: []string{strconv.Itoa(w.app.ID)}, Instances: w.instances}
	sent := make(chan struct{})
	u.sent = append(u.sent, sent)
	u.spawn(func() {
		heard := false
		hear := func() {
			if !heard {
				heard = true
				close(sent)
			}
		}
		err := u.Service.Act(ctx, w.action, r, func(ev wire.Event) {
			hear()
			if a := answerTo(ev, name); a.text != "" {
				u.reply(ctx, a)
			}
		})
		hear()
		u.lookAgain() // where nobody ran before, nobody told of it
		if err != nil {
			u.reply(ctx, answer{render.Escape(err.Error()), true})
		}
	})
}

func (u *ui) reply(ctx context.Context, a answer) {
	select {
	case u.answers <- a:
	case <-ctx.Done():
	}
}

// answerTo puts an event into words; no text: there is nothing to say.
func answerTo(ev wire.Event, name string) answer {
	switch {
	case ev.Err != nil && ev.Err.Hint != "":
		return answer{render.Escape(ev.Err.Message + "; " + ev.Err.Hint), true}
	case ev.Err != nil:
		return answer{render.Escape(ev.Err.Message), true}
	case ev.Type == wire.EventWarning:
		return answer{render.Escape(ev.Message), true}
	case ev.Type != wire.EventResult || ev.Did == "":
		return answer{}
	case ev.Message != "":
		return answer{fmt.Sprintf("%s %s: %s", ev.Did, name, render.Escape(ev.Message)), false}
	}
	return answer{ev.Did + " " + name, false}
}

// doing is what an action is called while it is carried out.
func doing(action string) string {
	switch action {
	case "stop":
		return "stopping"
	case "delete":
		return "deleting"
	case "scale":
		return "scaling"
	}
	return action + "ing"
}

// finish returns when everything that was asked for has reached the supervisor,
// which then goes on without us, or after a while.
func (u *ui) finish() {
	const while = 3 * time.Second
	over := time.NewTimer(while)
	defer over.Stop()
	for _, sent := range u.sent {
		select {
		case <-sent:
		case <-over.C:
			return
		}
	}
}
