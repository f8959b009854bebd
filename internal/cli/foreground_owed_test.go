//go:build unix

package cli

import (
	"bytes"
	"context"
	"reflect"
	"syscall"
	"testing"

	"forever/internal/wire"
)

// early is a foreground run of web whose id is not known yet, on a supervisor
// that only remembers what it is asked.
func early(t *testing.T) (*foreground, *fake) {
	t.Helper()
	g := &fake{onWatch: func(context.Context, func(wire.Event)) error { return nil }}
	var out, errs bytes.Buffer
	s := newSession(nil, &out, &errs)
	ctx, cancel := context.WithCancel(t.Context())
	c := &call{session: s, ctx: ctx}
	c.service = g
	f := newForeground(c, wire.StartRequest{Specs: []wire.Spec{{Name: "web"}}}, nil)
	t.Cleanup(func() { cancel(); f.working.Wait() })
	return f, g
}

// known tells the run the id of web, and returns what it asks for then.
func known(t *testing.T, f *foreground, g *fake, ev wire.Event) []string {
	t.Helper()
	if err := f.take(news{event: ev, origin: ofStart}); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			select {
			case <-f.news:
			case <-f.ctx.Done():
				return
			}
		}
	}()
	f.working.Wait()
	for _, r := range g.acts {
		if !reflect.DeepEqual(r.Targets, []string{"7"}) {
			t.Errorf("asked for %+v", r)
		}
	}
	return g.asked
}

// A program may run and print before its app's id is known: what is typed, or
// sent, upon that must not be lost.
func TestForegroundOwesAnAppThatIsNotKnownYet(t *testing.T) {
	cases := []struct {
		what string
		do   func(*foreground) error
		want []string
	}{
		{"rs", func(f *foreground) error { return f.take(news{origin: ofKeys}) }, []string{"restart"}},
		{"SIGUSR1", func(f *foreground) error { return f.interrupt(syscall.SIGUSR1) }, []string{"signal"}},
		{"SIGINT", func(f *foreground) error { return f.interrupt(syscall.SIGINT) }, []string{"stop"}},
		{"rs, SIGINT", func(f *foreground) error {
			if err := f.take(news{origin: ofKeys}); err != nil {
				return err
			}
			return f.interrupt(syscall.SIGINT)
		}, []string{"stop"}},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			f, g := early(t)
			if err := c.do(f); err != nil {
				t.Fatal(err)
			}
			if len(g.asked) > 0 {
				t.Errorf("asked %q for an app whose id is not known", g.asked)
			}
			if got := known(t, f, g, state(7, "web", wire.Starting, nil)); !reflect.DeepEqual(got, c.want) {
				t.Errorf("asked %q, want %q", got, c.want)
			}
		})
	}
}

func TestForegroundOwesNothingToAnAppThatHasEnded(t *testing.T) {
	f, g := early(t)
	f.watchEvent(state(7, "web", wire.Deleted, nil))
	if err := f.take(news{origin: ofKeys}); err != nil {
		t.Fatal(err)
	}
	if got := known(t, f, g, state(7, "web", wire.Starting, nil)); len(got) > 0 {
		t.Errorf("asked %q", got)
	}
}
