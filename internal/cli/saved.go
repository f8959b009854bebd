package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"forever/internal/wire"
	"forever/pidfile"
)

// savedVersion is the version of the file that save writes.
const savedVersion = 1

// saved is the content of saved.json: what save has put aside for resurrect.
type saved struct {
	Version int         `json:"version"`
	SavedAt time.Time   `json:"saved_at"`
	Apps    []wire.Spec `json:"apps"`
}

func savedPath(root string) string { return filepath.Join(root, "saved.json") }

// writeSaved replaces the file whole. Nobody else may read it: it holds
// environments.
func writeSaved(root string, s saved) error {
	if err := pidfile.CheckRoot(root, os.Geteuid()); err != nil {
		return err
	}
	text, err := wire.Marshal(s)
	if err != nil {
		return fmt.Errorf("put the apps into JSON: %w", err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, append(text, '\n'), "", "  "); err != nil {
		return fmt.Errorf("put the apps into JSON: %w", err)
	}
	if err := pidfile.WriteAtomic(savedPath(root), b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("save the apps: %w", err)
	}
	return nil
}

// readSaved is what was saved last.
func readSaved(root string) (saved, error) {
	var s saved
	path := savedPath(root)
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, &failure{fmt.Errorf("nothing was saved in %s", root), "start your apps, then: forever save"}
	case err != nil:
		return s, fmt.Errorf("read the saved apps: %w", err)
	}
	if err := wire.Unmarshal(text, &s); err != nil {
		return s, &failure{fmt.Errorf("%s is damaged: %w", path, err), "nothing was started; write it again: forever save"}
	}
	if s.Version > savedVersion {
		return s, &failure{fmt.Errorf("%s was written by a newer forever (version %d)", path, s.Version), "nothing was started; use that one, or forever save"}
	}
	return s, nil
}
