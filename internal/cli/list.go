package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/signal"
	"time"

	"forever/internal/client"
	"forever/internal/render"
	"forever/internal/wire"
)

func listCommand() *command {
	return &command{
		name: "list", aliases: []string{"ls", "ps", "status"},
		synopsis: []string{"list [options]"},
		brief:    "show all apps",
		about: `The table of apps, with a row for each instance where there are several. Under it
stands, for each app in trouble, how its last run ended and when the next try comes.
Starts nothing: with no supervisor running the state file answers.`,
		options: []*option{
			{name: "json", usage: "a JSON array for programs; fields are only ever added"},
			{name: "watch", aliases: []string{"w"}, usage: "keep looking, until interrupted; with --json one array per line"},
			{
				name: "sort", kind: valued, placeholder: "FIELD[:desc]", values: sortFields(),
				usage: "order by id, name, namespace, status, mode, pid, restarts, uptime, cpu or memory",
			},
		},
		examples: []example{
			{"forever list", "the table"},
			{"forever list --sort memory:desc --watch", "who needs most, all the time"},
			{"forever list --json", "for a script"},
		},
		exits: []exit{
			{"0", "done, also when there are no apps"},
			{"1", "the supervisor or the state file could not be read"},
			{"2", "the command line was wrong"},
		},
		run: (*call).list,
	}
}

func (c *call) list() error {
	order, err := readOrder(c.opts.String("sort"))
	if err != nil {
		return err
	}
	if c.opts.Bool("watch") {
		return c.watchList(order)
	}
	apps, err := c.shown()
	if err != nil {
		return err
	}
	order.sort(apps)
	return c.printList(apps)
}

// shown asks for what the table shows of all apps, or for all that is JSON's.
func (c *call) shown() ([]wire.App, error) {
	return c.apps(client.Query{Brief: !c.opts.Bool("json")})
}

// apps asks for all apps, and measures those that live.
func (c *call) apps(q client.Query) ([]wire.App, error) {
	if c.ahead != nil {
		c.ahead()
	}
	apps, live, err := c.service.Apps(c.ctx, q)
	if err != nil {
		return nil, err
	}
	if live {
		c.explainStep("%s: the supervisor answered", c.root)
	} else {
		c.explainStep("%s: no supervisor is running, the state file answered", c.root)
	}
	if c.sample != nil {
		if err := c.sample(apps); err != nil {
			c.explainStep("%v", err) // the list is of use without it
		}
	}
	return apps, nil
}

func (c *call) printList(apps []wire.App) error {
	switch {
	case c.opts.Bool("json"):
		return writeJSON(c.out, apps, "  ")
	case len(apps) == 0:
		c.say("no apps")
		return nil
	}
	p, err := readPrefs(c.root)
	if err != nil {
		return err
	}
	return render.Apps(c.out, apps, time.Now(), p.Columns...)
}

// writeJSON prints apps as an array that is never null, nor are those in it.
func writeJSON(w io.Writer, apps []wire.App, indent string) error {
	if apps == nil {
		apps = []wire.App{}
	}
	for i := range apps {
		a := &apps[i]
		if a.Args == nil {
			a.Args = []string{}
		}
		if a.Instances == nil {
			a.Instances = []wire.Instance{}
		}
		for j := range a.Instances {
			if a.Instances[j].Ports == nil {
				a.Instances[j].Ports = []int{}
			}
		}
	}
	return encodeJSON(w, apps, indent)
}

// encodeJSON prints v as it is, without HTML's escapes.
func encodeJSON(w io.Writer, v any, indent string) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	return e.Encode(v)
}

// watchPeriod is how often --watch looks: what it shows (uptime, cpu, memory)
// has to be sampled anyhow.
const watchPeriod = time.Second

// watchList draws the list again and again until a signal comes.
func (c *call) watchList(order order) error {
	ctx, stop := signal.NotifyContext(c.ctx, os.Interrupt)
	defer stop()
	c.ctx = ctx
	tick := time.NewTicker(watchPeriod)
	defer tick.Stop()
	for {
		if err := c.frame(order); err != nil {
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// frame draws the list once: in place on a terminal, else below the last one.
func (c *call) frame(order order) error {
	apps, err := c.shown()
	if err != nil {
		return err
	}
	order.sort(apps)
	switch {
	case c.opts.Bool("json"):
		return writeJSON(c.out, apps, "")
	case !c.out.Terminal:
		return c.printList(apps)
	}
	p, err := readPrefs(c.root)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	page := c.out.Page(&b)
	if len(apps) == 0 {
		page.Note("no apps")
	} else if err := render.Apps(page, apps, time.Now(), p.Columns...); err != nil {
		return err
	}
	return c.out.Redraw(b.Bytes())
}
