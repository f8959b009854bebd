package layers

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"forever/internal/need"
)

// A ban forbids packages of ours to depend on others, directly or not.
type ban struct {
	who  []string // our packages, as in ranks
	what []string // import paths; one that ends in a slash means all below it
	why  string
}

// pkg is what "go list -json" tells of a package.
type pkg struct {
	ImportPath string
	Dir        string
	Name       string
	Doc        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

// room is the package's place in the module, "" for the top.
func (p *pkg) room() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

func (p *pkg) is(rooms ...string) bool { return slices.Contains(rooms, p.room()) }

// tool tells whether the package is a program beside forever itself.
func (p *pkg) tool() bool {
	return strings.HasPrefix(p.room(), "examples/") || strings.HasPrefix(p.room(), "bench")
}

// ours tells whether path is a package of this module.
func ours(path string) bool {
	return path == module || strings.HasPrefix(path, module+"/")
}

// eachPlatform lists our packages as each platform builds them: files with a
// platform's suffix have imports and comments of their own.
func eachPlatform(t *testing.T, check func(t *testing.T, all []*pkg)) {
	for _, goos := range []string{"linux", "darwin", "windows"} {
		t.Run(goos, func(t *testing.T) { check(t, list(t, goos)) })
	}
}

func list(t *testing.T, goos string) []*pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), need.Command(t, "go"), "list", "-json=ImportPath,Dir,Name,Doc,GoFiles,Imports,Deps", module+"/...")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH=amd64", "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list for %s: %v\n%s", goos, err, stderr.Bytes())
	}
	return decode(t, out)
}

func decode(t *testing.T, out []byte) []*pkg {
	t.Helper()
	var all []*pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(pkg)
		if err := dec.Decode(p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("read go list's answer: %v", err)
		}
		all = append(all, p)
	}
}

func TestImportsPointDown(t *testing.T) {
	eachPlatform(t, func(t *testing.T, all []*pkg) {
		for _, p := range all {
			if p.tool() {
				continue
			}
			rank, ok := ranks[p.room()]
			if !ok {
				t.Errorf("%s has no rank: give it one in rules_test.go, below all that will import it", p.ImportPath)
			}
			for _, path := range slices.DeleteFunc(p.Imports, func(path string) bool { return !ours(path) }) {
				if got := ranks[strings.TrimPrefix(path, module+"/")]; got >= rank {
					t.Errorf("%s (rank %d) imports %s (rank %d): imports point to a lower rank only", p.ImportPath, rank, path, got)
				}
			}
		}
	})
}

func TestBans(t *testing.T) {
	eachPlatform(t, func(t *testing.T, all []*pkg) {
		for _, p := range all {
			for _, b := range bans {
				if !p.is(b.who...) {
					continue
				}
				for _, dep := range p.Deps {
					if b.forbids(dep) {
						t.Errorf("%s depends on %s: %s", p.ImportPath, dep, b.why)
					}
				}
			}
		}
	})
}

// forbids tells whether path is one of the banned packages or below it.
func (b *ban) forbids(path string) bool {
	return slices.ContainsFunc(b.what, func(what string) bool {
		return strings.HasPrefix(path+"/", strings.TrimSuffix(what, "/")+"/")
	})
}

// The shim's imports are counted, not only banned: a new one is a decision.
func TestShimKnowsRankZeroAndLaunch(t *testing.T) {
	eachPlatform(t, func(t *testing.T, all []*pkg) {
		for _, p := range all {
			if !p.is("internal/shim") {
				continue
			}
			for _, path := range p.Imports {
				room := strings.TrimPrefix(path, module+"/")
				if ours(path) && room != "internal/launch" && ranks[room] != 0 {
					t.Errorf("%s imports %s: what cannot be replaced easily takes rank 0 and launch", p.ImportPath, path)
				}
			}
		}
	})
}

func TestOnlyTestsNeed(t *testing.T) {
	eachPlatform(t, func(t *testing.T, all []*pkg) {
		for _, p := range all {
			if slices.Contains(p.Deps, "testing") && !p.is("internal/need") {
				t.Errorf("%s depends on testing: its flags and its weight would be in the binary", p.ImportPath)
			}
		}
	})
}

func TestPackageComments(t *testing.T) {
	eachPlatform(t, func(t *testing.T, all []*pkg) {
		for _, p := range all {
			switch {
			case p.Doc == "":
				t.Errorf("%s has no package comment on this platform: put it in a file that all platforms build", p.ImportPath)
			case p.Name != "main" && !strings.HasPrefix(p.Doc, "Package "+p.Name+" "):
				t.Errorf("%s: the package comment begins %q, want %q", p.ImportPath, p.Doc, "Package "+p.Name+" …")
			}
		}
	})
}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !topLevel[e.Name()] {
			t.Errorf("%s does not belong at the top of the repository", e.Name())
		}
	}
}

func TestForbids(t *testing.T) {
	b := ban{what: []string{"forever/", "golang.org/x/term"}}
	for path, want := range map[string]bool{
		"forever/internal/wire": true, "golang.org/x/term": true, "golang.org/x/term/sub": true,
		"golang.org/x/terminal": false, "foreverest/x": false, "io": false,
	} {
		if got := b.forbids(path); got != want {
			t.Errorf("forbids(%q) is %v", path, got)
		}
	}
}

// Package limits has to be initialised before syscall, which raises a limit; its
// own comment tells why that takes a package that imports nothing.
func TestLimitsLooksFirst(t *testing.T) {
	for _, p := range list(t, "linux") {
		if p.is("internal/limits") && len(p.Imports) > 0 {
			t.Errorf("%s imports %v on Linux: it would be initialised after Go's runtime has raised the limit", p.ImportPath, p.Imports)
		}
	}
}
