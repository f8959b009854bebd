package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"forever/internal/client"
	"forever/internal/config"
	"forever/pidfile"
)

// prefs are a user's own defaults, as config.json in the root has them.
type prefs struct {
	// Root is of use in ~/.forever/config.json alone: the folder to take where
	// neither --root nor FOREVER_ROOT names one.
	Root string `json:"root,omitempty"`
	// Columns are those that list shows; empty: the usual ones.
	Columns []string `json:"columns,omitempty"`
	// Options are values of start's and run's options by name, for apps that
	// say nothing else.
	Options map[string]string `json:"options,omitempty"`
}

func prefsPath(root string) string { return filepath.Join(root, "config.json") }

// readPrefs reads the defaults; without a file there are none.
func readPrefs(root string) (prefs, error) {
	var p prefs
	text, err := os.ReadFile(prefsPath(root))
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return p, &client.RootError{Err: fmt.Errorf("read your defaults: %w", err)}
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, &failure{fmt.Errorf("%s is damaged: %w", prefsPath(root), err), "correct it, or remove it and set your defaults again"}
	}
	return p, nil
}

func writePrefs(root string, p prefs) error {
	if err := pidfile.CheckRoot(root, os.Geteuid()); err != nil {
		return &client.RootError{Err: err}
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("put your defaults into JSON: %w", err)
	}
	if err := pidfile.WriteAtomic(prefsPath(root), append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write your defaults: %w", err)
	}
	return nil
}

// defaults are the settings that apps begin with.
func (c *call) defaults() (config.Settings, error) {
	var s config.Settings
	p, err := readPrefs(c.root)
	if err != nil {
		return s, err
	}
	for name, value := range p.Options {
		o, known := config.Lookup(name)
		if !known || o.Set == nil {
			err = errors.New("there is no such option")
		} else {
			err = o.Set(&s, value)
		}
		if err != nil {
			return s, &failure{fmt.Errorf("%s: default of %s: %w", prefsPath(c.root), name, err), "forever clear " + name}
		}
	}
	return s, nil
}

// over lays settings over the user's defaults.
func over(defaults, s config.Settings) config.Settings {
	// What is added up, and not replaced, must not be shared by apps.
	defaults.Env, defaults.Limits = slices.Clone(defaults.Env), slices.Clone(defaults.Limits)
	defaults.Merge(s)
	return defaults
}
