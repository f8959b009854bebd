package monit

import (
	"context"
	"fmt"
	"os"
	"time"

	"forever/internal/client"
	"forever/internal/logs"
	"forever/internal/render"
	"forever/internal/wire"
)

// roleEnv makes the test binary show the screen of a supervisor that is a
// mistake of ours: it panics.
const roleEnv = "FOREVER_MONIT_ROLE"

func play() int {
	err := Run(context.Background(), Options{
		Root: "/r", Interval: time.Second, In: os.Stdin, Window: os.Stdout,
		Out: render.New(os.Stdout, render.ColorAuto), Service: mistake{},
		Logs: func(context.Context, int) ([]logs.Source, error) { return nil, nil },
	})
	fmt.Println("over:", err)
	return 0
}

// mistake is a service that panics when a key has asked it for something.
type mistake struct{}

func (mistake) Apps(context.Context, client.Query) ([]wire.App, bool, error) {
	return []wire.App{{Name: "web", UID: "w", Status: wire.Online}}, true, nil
}

func (mistake) Act(context.Context, string, wire.TargetRequest, func(wire.Event)) error {
	panic("a mistake")
}

func (mistake) Watch(ctx context.Context, _ func(wire.Event)) error {
	<-ctx.Done()
	return nil
}
