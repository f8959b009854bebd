package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"forever/internal/client"
	"forever/internal/wire"
)

// until waits until an app is as the script says, woken by the supervisor's events.
func until(ts *testscript.TestScript, args []string) error {
	s := of(ts)
	return s.await(func(ctx context.Context) error {
		app, err := s.app(ctx, args[0])
		if err != nil {
			return err
		}
		return check(app, args[1], args[2], args[3:])
	})
}

// app is one app as `list --json` shows it; nil where there is none.
func (s *script) app(ctx context.Context, name string) (any, error) {
	apps, _, err := s.api.Apps(ctx, client.Query{})
	if err != nil {
		return nil, err
	}
	for _, a := range apps {
		if a.Name != name {
			continue
		}
		b, err := json.Marshal(a)
		if err != nil {
			return nil, err
		}
		return decode(string(b))
	}
	return nil, nil
}

// await tries again at every event until good returns no error. Where no
// supervisor is left nothing changes any more.
func (s *script) await(good func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	news, over := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		over <- s.api.Watch(ctx, func(wire.Event) {
			select {
			case news <- struct{}{}:
			default: // the look that is due anyhow sees this too
			}
		})
	}()
	for {
		err := error(nil)
		select {
		case <-news:
			if good(ctx) == nil {
				return nil
			}
			continue
		case err = <-over:
		case <-ctx.Done():
			err = ctx.Err()
		}
		last := good(context.Background())
		if last == nil {
			return nil
		}
		return errors.Join(err, last)
	}
}

// waitLine waits until a line of a file matches. The kernel tells of changes in
// the file's folder, but not every kernel of those made by splice(2), and none
// when the user has no inotify instance left: a look from time to time makes up
// for them.
func waitLine(ts *testscript.TestScript, args []string) error {
	line, err := regexp.Compile("(?m)" + args[1])
	if err != nil {
		return err
	}
	path := ts.MkAbs(args[0])
	fd, err := watchFolder(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	const glance = 200 * time.Millisecond
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		text, err := os.ReadFile(path)
		if err == nil && line.Match(text) {
			return nil
		}
		ended(fd, glance)
		var events [4096]byte
		_, _ = unix.Read(fd, events[:]) // empties the queue; what changed is looked at above
	}
	text, err := os.ReadFile(path)
	return errors.Join(fmt.Errorf("no line of %s matches %s:\n%s", args[0], args[1], text), err)
}

// watchFolder is an inotify instance; -1, which poll(2) passes over: none is left.
func watchFolder(dir string) (int, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if errors.Is(err, unix.EMFILE) {
		return -1, nil
	}
	if err != nil {
		return -1, fmt.Errorf("watch files: %w", err)
	}
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_MODIFY|unix.IN_CREATE|unix.IN_MOVED_TO); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("watch the folder %s: %w", dir, err)
	}
	return fd, nil
}
