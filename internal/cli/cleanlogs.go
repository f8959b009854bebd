package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"forever/internal/client"
	"forever/internal/logs"
	"forever/internal/wire"
)

func cleanlogsCommand() *command {
	return &command{
		name: "cleanlogs", aliases: []string{"clean-logs"},
		synopsis: []string{"cleanlogs"},
		brief:    "delete the logs of apps that are gone",
		about: `Deletes the files in the root's logs folder that belong to no app of the list, stopped
ones included. Logs in other places (-o, -e, -l) are left alone. "forever flush" empties
the logs of apps that are there.`,
		examples: []example{{"forever cleanlogs", "after apps were deleted"}},
		exits: []exit{
			{"0", "done, or there was nothing to delete"},
			{"1", "a file could not be deleted; the others were"},
			{"2", "the command line was wrong and nothing was done"},
		},
		run: (*call).cleanlogs,
	}
}

func (c *call) cleanlogs() error {
	apps, _, err := c.service.Apps(c.ctx, client.Query{})
	if err != nil {
		return err
	}
	dir := filepath.Join(c.root, "logs")
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("list the logs: %w", err)
	}
	known := ownedLogs(apps)
	var failed error
	deleted := 0
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !e.Type().IsRegular() || known[anyInstance(logs.Owner(path))] {
			continue
		}
		if err := os.Remove(path); err != nil {
			failed = exitCode(c.report(fmt.Errorf("delete log: %w", err)))
			continue
		}
		c.explainStep("deleted %s", path)
		deleted++
	}
	c.say("log files deleted: %d", deleted)
	return failed
}

// ownedLogs are the logs of apps, of whichever instance: an app that was made
// smaller may grow again.
func ownedLogs(apps []wire.App) map[string]bool {
	known := map[string]bool{}
	for _, a := range apps {
		for _, path := range []string{a.OutFile, a.ErrFile} {
			known[anyInstance(path)] = true
		}
	}
	return known
}

// anyInstance takes the instance out of the name of a log: web-out-2.log.
func anyInstance(path string) string {
	ext := filepath.Ext(path)
	base := strings.TrimSuffix(path, ext)
	stem := strings.TrimRight(base, "0123456789")
	if len(stem) < len(base) && strings.HasSuffix(stem, "-") {
		return strings.TrimSuffix(stem, "-") + ext
	}
	return path
}
