package faults

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"forever/internal/tidy"
)

// folderEnv names the folder with the two binaries, for a life of this test
// binary as another user, who cannot build (package need).
const folderEnv = "FOREVER_FAULTS_FOLDER"

// long asks for tests that take their time.
var long = os.Getenv("FOREVER_FAULTS") == "long"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if role, ok := roles[os.Args[1]]; ok {
			os.Exit(role(os.Args[2:]))
		}
	}
	os.Exit(tidy.Main(func() int { return tests(m) }))
}

// tests runs the tests with the real binary and a copy of this one, which is
// the program that forever runs, both in a folder that every user may search.
func tests(m *testing.M) int {
	dir := os.Getenv(folderEnv)
	if dir == "" {
		var err error
		if dir, err = build(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		os.Setenv(folderEnv, dir)
	}
	forever, play = filepath.Join(dir, "forever"), filepath.Join(dir, "play")
	return m.Run()
}

// The binaries.
var forever, play string

func build() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "fvbin"); err != nil {
		return "", err
	}
	if err = os.Chmod(dir, 0o755); err == nil {
		err = buildForever(filepath.Join(dir, "forever"))
	}
	if err == nil {
		err = copyFile(filepath.Join(dir, "play"), "/proc/self/exe")
	}
	if err != nil {
		os.RemoveAll(dir)
	}
	return dir, err
}

// buildForever builds the real binary, as it is given to people.
func buildForever(path string, flags ...string) error {
	args := append([]string{"build", "-o", path}, flags...)
	cmd := exec.Command("go", append(args, "forever")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// copyFile copies an executable file.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
