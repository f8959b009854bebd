package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forever/internal/config"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each file of testdata/mistakes is wrong, and its .golden is what the user
// reads of that: file, line, column, the offending text, and what was expected.
func TestGoldenMistakes(t *testing.T) {
	files, err := filepath.Glob("testdata/mistakes/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".golden") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			needNode(t, file)
			golden(t, file+".golden", told(t, file))
		})
	}
}

// told is what the mistakes of a file look like, in a folder with the programs
// that testCaller makes.
func told(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := testCaller(t)
	path := write(t, c, filepath.Base(file), string(content))
	_, _, err = config.Check(path, nil, config.LoadOptions{}, c)
	var list config.FileErrors
	var single *config.FileError
	switch {
	case errors.As(err, &list):
	case errors.As(err, &single):
		list = config.FileErrors{single}
	default:
		t.Fatalf("no mistake was found: %v", err)
	}
	var b strings.Builder
	for _, bad := range list {
		b.WriteString(bad.Error() + "\n")
		for _, line := range bad.Excerpt() {
			b.WriteString("    " + line + "\n")
		}
		b.WriteString("hint: " + bad.Hint + "\n")
	}
	return strings.NewReplacer(c.Cwd+"/", "", c.Cwd, "DIR").Replace(b.String())
}

// golden compares text with a file.
func golden(t *testing.T, path, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}
