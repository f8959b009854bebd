//go:build unix

package program_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"forever/internal/program"
)

// site is a folder with a cwd and a bin that is the whole PATH, so that no test
// depends on what the machine has installed.
type site struct {
	t             *testing.T
	dir, cwd, bin string
}

func newSite(t *testing.T) site {
	t.Helper()
	dir := t.TempDir()
	s := site{t, dir, filepath.Join(dir, "cwd"), filepath.Join(dir, "bin")}
	s.write("cwd/", "", 0)
	s.write("bin/", "", 0)
	return s
}

// write makes a file, or a folder if the name ends in a slash.
func (s site) write(name, content string, mode os.FileMode) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	folder := filepath.Dir(path)
	if strings.HasSuffix(name, "/") {
		folder = path
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		s.t.Fatal(err)
	}
	if folder == path {
		return
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask is
		s.t.Fatal(err)
	}
}

func (s site) caller() program.Caller {
	return program.Caller{Cwd: s.cwd, Env: []string{"PATH=/nowhere:" + s.bin, "HOME=" + s.dir}}
}

// rel makes a path short enough to compare.
func (s site) rel(path string) string {
	if short, ok := strings.CutPrefix(path, s.dir+"/"); ok {
		return short
	}
	return path
}

const elf = "\x7fELF\x02\x01\x01"

// files are the content of a site: "NAME" or "NAME MODE CONTENT" with mode
// x or -, and a dot in the middle of the line for a space in the name.
func (s site) files(specs ...string) {
	for _, spec := range specs {
		name, rest, _ := strings.Cut(spec, " ")
		name = strings.ReplaceAll(name, "·", " ")
		mode, content := os.FileMode(0o644), ""
		if kind, text, ok := strings.Cut(rest, " "); ok {
			content = text
			if kind == "x" {
				mode = 0o755
			}
		}
		s.write(name, content, mode)
	}
}

func TestFind(t *testing.T) {
	interpreters := []string{"bin/node x " + elf, "bin/python3 x " + elf, "bin/bash x " + elf, "bin/ruby x " + elf, "bin/php x " + elf, "bin/perl x " + elf}
	tests := []struct {
		name    string
		files   []string
		typed   string
		command string
		args    []string
		want    string // SCRIPT [by INTERPRETER [ARGS]] as NAME
	}{
		{"a file, by its suffix", []string{"cwd/server.js"}, "server.js", "", nil, "cwd/server.js by bin/node as server"},
		{"a suffix left out", []string{"cwd/server.js"}, "server", "", nil, "cwd/server.js by bin/node as server"},
		{"a suffix in capitals", []string{"cwd/RUN.PY"}, "RUN.PY", "", nil, "cwd/RUN.PY by bin/python3 as RUN"},
		{"the order of suffixes", []string{"cwd/a.pl", "cwd/a.php", "cwd/a.rb", "cwd/a.sh", "cwd/a.py", "cwd/a.ts", "cwd/a.cjs", "cwd/a.mjs"}, "a", "", nil, "cwd/a.mjs by bin/node as a"},
		{"python", []string{"cwd/a.py", "cwd/a.sh"}, "a", "", nil, "cwd/a.py by bin/python3 as a"},
		{"bash", []string{"cwd/a.sh", "cwd/a.rb"}, "a", "", nil, "cwd/a.sh by bin/bash as a"},
		{"ruby", []string{"cwd/a.rb", "cwd/a.php"}, "a", "", nil, "cwd/a.rb by bin/ruby as a"},
		{"php", []string{"cwd/a.php", "cwd/a.pl"}, "a", "", nil, "cwd/a.php by bin/php as a"},
		{"perl", []string{"cwd/a.pl"}, "a", "", nil, "cwd/a.pl by bin/perl as a"},
		{"a path that exists wins over a suffix", []string{"cwd/a x " + elf, "cwd/a.js"}, "a", "", nil, "cwd/a as a"},
		{"a suffix wins over a folder", []string{"cwd/a/index.js", "cwd/a/package.json - {}", "cwd/a.js"}, "a", "", nil, "cwd/a.js by bin/node as a"},
		{"a path wins over PATH", []string{"cwd/node x " + elf}, "node", "", nil, "cwd/node as node"},
		{"a suffix wins over PATH", []string{"cwd/node.js"}, "node", "", nil, "cwd/node.js by bin/node as node"},
		{"a folder wins over PATH", []string{"cwd/node/index.js"}, "node", "", nil, "cwd/node/index.js by bin/node as node"},
		{"a folder that is no program hides nothing", []string{"cwd/node/readme"}, "node", "", nil, "bin/node as node"},
		{"a name on PATH", nil, "ruby", "", nil, "bin/ruby as ruby"},
		{"a script on PATH", []string{"bin/tool x #!" + "/bin/sh\n"}, "tool", "", nil, "bin/tool as tool"},
		{"an absolute path", []string{"cwd/b.js"}, "/DIR/cwd/b.js", "", nil, "cwd/b.js by bin/node as b"},
		{"a path that goes up", []string{"up.js"}, "../up", "", nil, "up.js by bin/node as up"},
		{"a path under home", []string{"home.js"}, "~/home.js", "", nil, "home.js by bin/node as home"},
		{"a space in the name", []string{"cwd/my·app.js"}, "my app", "", nil, "cwd/my app.js by bin/node as my app"},

		{"a folder with main", []string{"cwd/pkg/package.json - {\"name\":\"shop\",\"main\":\"lib/run.js\"}", "cwd/pkg/lib/run.js"}, "pkg", "", nil, "cwd/pkg/lib/run.js by bin/node as shop"},
		{"a main without its suffix", []string{"cwd/package.json - {\"main\":\"run\"}", "cwd/run.js"}, ".", "", nil, "cwd/run.js by bin/node as cwd"},
		{"a main that is a folder", []string{"cwd/package.json - {\"main\":\"lib\"}", "cwd/lib/index.js"}, "./", "", nil, "cwd/lib/index.js by bin/node as cwd"},
		{"a folder without main", []string{"cwd/package.json - {\"name\":\"@acme/api\"}", "cwd/index.js"}, ".", "", nil, "cwd/index.js by bin/node as api"},
		{"a main that is missing beside an index", []string{"cwd/package.json - {\"main\":\"gone.js\"}", "cwd/index.js"}, ".", "", nil, "cwd/index.js by bin/node as cwd"},
		{"a main that is no script of node", []string{"cwd/p/package.json - {\"main\":\"run.py\"}", "cwd/p/run.py"}, "p/", "", nil, "cwd/p/run.py by bin/python3 as p"},
		{"a slash at the end means the folder", []string{"cwd/a.js", "cwd/a/index.js"}, "a/", "", nil, "cwd/a/index.js by bin/node as a"},

		{"execute bit and #!", []string{"cwd/run x #!" + "/bin/sh\n"}, "./run", "", nil, "cwd/run as run"},
		{"#! wins over the suffix", []string{"cwd/run.js x #!" + "/usr/bin/env ruby\n"}, "run.js", "", nil, "cwd/run.js as run"},
		{"#! without execute bit", []string{"cwd/run.js - #!" + "/usr/bin/env ruby\n"}, "run.js", "", nil, "cwd/run.js by bin/node as run"},
		{"execute bit alone", []string{"cwd/run.sh x echo"}, "run.sh", "", nil, "cwd/run.sh by bin/bash as run"},
		{"a binary with a version", []string{"cwd/python3.11 x " + elf}, "./python3.11", "", nil, "cwd/python3.11 as python3.11"},
		{"a Mach-O binary", []string{"cwd/m x \xcf\xfa\xed\xfe"}, "m", "", nil, "cwd/m as m"},
		{"a PE binary", []string{"cwd/p x MZ\x90"}, "p", "", nil, "cwd/p as p"},
		{"env -S", []string{"cwd/run x #!" + "/usr/bin/env -S node --trace\n"}, "run", "", []string{"-r", "x"}, "cwd/run by bin/node [--trace -r x] as run"},
		{"arguments for a #! interpreter", []string{"cwd/run x #!" + "/DIR/bin/perl -w\n"}, "run", "", []string{"-T"}, "cwd/run by bin/perl [-w -T] as run"},

		{"interpreter arguments", []string{"cwd/a.js"}, "a", "", []string{"--title=a b", ""}, "cwd/a.js by bin/node [--title=a b ] as a"},
		{"a command", []string{"cwd/a.txt"}, "a.txt", "python3", nil, "cwd/a.txt by bin/python3 as a"},
		{"a command with arguments", []string{"cwd/a.js"}, "a", `node --title 'a b' -r "x y"`, []string{"--last"}, "cwd/a.js by bin/node [--title a b -r x y --last] as a"},
		{"a command with a path", []string{"cwd/a.js", "cwd/venv/py x " + elf}, "a", "./venv/py -u", nil, "cwd/a.js by cwd/venv/py [-u] as a"},
		{"a command over #!", []string{"cwd/a x #!" + "/bin/sh\n"}, "a", "ruby", nil, "cwd/a by bin/ruby as a"},
		{"a command for a folder", []string{"cwd/site/page.html"}, "site", "python3 -m http.server -d", nil, "cwd/site by bin/python3 [-m http.server -d] as site"},
		{"a command for a name on PATH", []string{"bin/serve x #!" + "/bin/sh\n"}, "serve", "python3", nil, "bin/serve by bin/python3 as serve"},
		{"none executes the file itself", []string{"cwd/a.js x js"}, "a.js", "none", nil, "cwd/a.js as a"},

		{"tsx for TypeScript", []string{"cwd/a.ts", "bin/tsx x " + elf, "bin/bun x " + elf}, "a", "", nil, "cwd/a.ts by bin/tsx as a"},
		{"bun for TypeScript", []string{"cwd/a.ts", "bin/bun x " + elf}, "a", "", nil, "cwd/a.ts by bin/bun as a"},
		{"node for TypeScript", []string{"cwd/a.ts"}, "a", "", nil, "cwd/a.ts by bin/node as a"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t)
			s.files(interpreters...)
			for i, file := range test.files {
				test.files[i] = strings.ReplaceAll(file, "/DIR", s.dir)
			}
			s.files(test.files...)
			found, err := program.Find(s.caller(), strings.ReplaceAll(test.typed, "/DIR", s.dir), test.command, test.args)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.describe(found); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func (s site) describe(f program.Found) string {
	text := s.rel(f.Script)
	if f.Interpreter != "" {
		text += " by " + s.rel(f.Interpreter)
	}
	if len(f.InterpreterArgs) > 0 {
		text += " [" + strings.Join(f.InterpreterArgs, " ") + "]"
	}
	return text + " as " + f.Name
}

func TestFindErrors(t *testing.T) {
	tests := []struct {
		name    string
		files   []string
		typed   string
		command string
		args    []string
		exit    int
		message string // a part of it
		hint    string // a part of it
	}{
		{"nothing typed", nil, "", "", nil, 127, "no program was named", ""},
		{"nothing there", nil, "server", "", nil, 127, `"server" was not found: no file, no script and no folder of that name, and nothing on PATH`, "check the spelling"},
		{"no path there", nil, "./server", "", nil, 127, `"./server" was not found: no file, no script and no folder of that name`, "/cwd"},
		{"an absolute path", nil, "/DIR/gone.js", "", nil, 127, "was not found", ""},
		{"a path is not sought on PATH", []string{"bin/tool x " + elf}, "./tool", "", nil, 127, "was not found", ""},
		{"a folder", []string{"cwd/src/x.c"}, "src", "", nil, 126, `"src" is a folder with neither`, `"main"`},
		{"a folder whose main is missing", []string{"cwd/src/package.json - {\"main\":\"dist/run.js\"}"}, "src", "", nil, 127, `"dist/run.js" is the main file in`, "build"},
		{"a package.json that is none", []string{"cwd/src/package.json - {main}"}, "src", "", nil, 126, "package.json", "correct"},
		{"neither bit nor suffix", []string{"cwd/run - #!" + "/bin/sh\n"}, "run", "", nil, 126, "no execute permission", "chmod +x /DIR/cwd/run, or name its interpreter with -c COMMAND"},
		{"unknown suffix", []string{"cwd/a.jar"}, "a.jar", "", nil, 126, "no execute permission", "-c COMMAND"},
		{"an unknown format", []string{"cwd/run x hello"}, "run", "", nil, 126, "neither a #! line nor a binary format", "-c none"},
		{"an empty file", []string{"cwd/run x "}, "run", "", nil, 126, "neither a #! line nor a binary format", ""},
		{"no execute bit on PATH", []string{"bin/tool - " + elf}, "tool", "", nil, 126, "no execute permission", "chmod +x"},
		{"none without execute bit", []string{"cwd/a.js"}, "a.js", "none", nil, 126, "no execute permission", "chmod +x"},
		{"none with arguments", []string{"cwd/a x " + elf}, "a", "none", []string{"-x"}, 126, "no interpreter that could take arguments", ""},
		{"a binary with arguments", []string{"cwd/a x " + elf}, "a", "", []string{"-x"}, 126, "no interpreter that could take arguments", ""},
		{"no node", []string{"cwd/a.js"}, "a", "", nil, 127, `the interpreter "node" of`, `package "nodejs"`},
		{"no python", []string{"cwd/a.py"}, "a", "", nil, 127, `the interpreter "python3" of`, `package "python3"`},
		{"no TypeScript", []string{"cwd/a.ts"}, "a", "", nil, 127, `"tsx" (or "bun" or "node")`, "npm install -g tsx"},
		{"no such command", []string{"cwd/a.js"}, "a", "deno run", nil, 127, `the interpreter "deno" of`, "install deno"},
		{"no such command at a path", []string{"cwd/a.js"}, "a", "./venv/py", nil, 127, `the interpreter "./venv/py" of`, ""},
		{"a command that may not be executed", []string{"cwd/a.js", "cwd/py - " + elf}, "a", "./py", nil, 126, `the interpreter "./py" of`, "chmod +x"},
		{"an open quote", []string{"cwd/a.js"}, "a", "node 'x", nil, 127, "a quote is never closed", ""},
		{"a blank command", []string{"cwd/a.js"}, "a", "  ", nil, 127, "is blank", ""},
		{"no #! interpreter", []string{"cwd/run x #!" + "/DIR/bin/lua\n"}, "run", "", nil, 127, `the interpreter "/DIR/bin/lua" of`, "install"},
		{"no #! interpreter for env", []string{"cwd/run.js x #!" + "/usr/bin/env node\n"}, "run.js", "", nil, 127, `the interpreter "node" of`, `package "nodejs"`},
		{"lines that end as on Windows", []string{"cwd/run x #!" + "/bin/sh\r\necho\r\n"}, "run", "", nil, 127, `lines end as on Windows`, `sed -i 's/\r$//' /DIR/cwd/run`},
		{"the same behind env", []string{"cwd/run x #!" + "/usr/bin/env node\r\n"}, "run", "", nil, 127, `lines end as on Windows`, "sed"},
		{"an empty #!", []string{"cwd/run x #!\n"}, "run", "", nil, 126, "names no interpreter", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t)
			in := func(text string) string { return strings.ReplaceAll(text, "/DIR", s.dir) }
			for _, file := range test.files {
				s.files(in(file))
			}
			found, err := program.Find(s.caller(), in(test.typed), test.command, test.args)
			var bad *program.Error
			if !errors.As(err, &bad) {
				t.Fatalf("got %+v, %v", found, err)
			}
			if bad.Exit != test.exit || bad.Typed != in(test.typed) {
				t.Errorf("got exit %d of %q, want %d of %q", bad.Exit, bad.Typed, test.exit, in(test.typed))
			}
			if !strings.Contains(bad.Message, in(test.message)) {
				t.Errorf("message %q lacks %q", bad.Message, in(test.message))
			}
			if !strings.Contains(bad.Hint, in(test.hint)) {
				t.Errorf("hint %q lacks %q", bad.Hint, in(test.hint))
			}
		})
	}
}

// What is there, but can be no program, is not called absent.
func TestFindWhatIsNoFile(t *testing.T) {
	s := newSite(t)
	pipe, ring, dangling := filepath.Join(s.cwd, "pipe"), filepath.Join(s.cwd, "ring"), filepath.Join(s.cwd, "dangling")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o700), os.Symlink("ring", ring), os.Symlink("gone.js", dangling)); err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]struct {
		exit    int
		message string
	}{
		"pipe":      {126, `"pipe" is no program: it is a named pipe`},
		"/dev/null": {126, `"/dev/null" is no program: it is a device`},
		"ring":      {127, `"ring" is a symbolic link to "ring", where nothing is`},
		"dangling":  {127, `"dangling" is a symbolic link to "gone.js", where nothing is`},
	} {
		_, err := program.Find(s.caller(), typed, "", nil)
		var bad *program.Error
		if !errors.As(err, &bad) || bad.Exit != want.exit || bad.Message != want.message || bad.Hint == "" {
			t.Errorf("%s: %+v", typed, err)
		}
	}
	s.write("cwd/dangling.js", "", 0o644) // the search goes on behind it
	s.write("bin/node", elf, 0o755)
	if found, err := program.Find(s.caller(), "dangling", "", nil); err != nil || found.Script != dangling+".js" {
		t.Errorf("%+v, %v", found, err)
	}
}

// A relative script may be meant from several folders, an interpreter too.
func TestFindInSeveralFolders(t *testing.T) {
	s := newSite(t)
	s.files("bin/node x "+elf, "app/web.js", "cwd/web.js", "cwd/job.js", "app/rt x "+elf)
	c := s.caller()
	c.Dirs = []string{filepath.Join(s.dir, "app"), s.cwd}
	for typed, want := range map[string]string{
		"web": "app/web.js by app/rt as web",
		"job": "cwd/job.js by app/rt as job",
	} {
		found, err := program.Find(c, typed, "./rt", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.describe(found); got != want {
			t.Errorf("%s: got %s, want %s", typed, got, want)
		}
	}
}

// PATH may have entries that are empty or relative: both start from the caller's folder.
func TestFindOnRelativePath(t *testing.T) {
	s := newSite(t)
	s.files("cwd/tools/tool x "+elf, "cwd/here x "+elf)
	c := program.Caller{Cwd: s.cwd, Dirs: []string{s.bin}, Env: []string{"PATH=tools:"}}
	for _, name := range []string{"tool", "here"} {
		if _, err := program.Find(c, name, "", nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFindFollowsNoLinkInTheScriptsName(t *testing.T) {
	s := newSite(t)
	s.files("bin/node x "+elf, "lib/real.js")
	if err := os.Symlink("../lib/real.js", filepath.Join(s.cwd, "link.js")); err != nil {
		t.Fatal(err)
	}
	found, err := program.Find(s.caller(), "link", "", nil)
	if err != nil || s.rel(found.Script) != "cwd/link.js" {
		t.Errorf("got %q, %v", found.Script, err)
	}
}

func TestFindWhereNobodyMayLook(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("SKIPPED: root may look everywhere")
	}
	s := newSite(t)
	s.files("cwd/closed/a.js")
	closed := filepath.Join(s.cwd, "closed")
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(closed, 0o755) })
	_, err := program.Find(s.caller(), "closed/a.js", "", nil)
	var bad *program.Error
	if !errors.As(err, &bad) || bad.Exit != 126 || !strings.Contains(bad.Message, "permission denied") {
		t.Errorf("got %v", err)
	}
}

// What may be executed but not read is left to the kernel.
func TestFindUnreadableBinary(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("SKIPPED: root may read everything")
	}
	s := newSite(t)
	s.write("cwd/secret", elf, 0o111)
	if _, err := program.Find(s.caller(), "secret", "", nil); err != nil {
		t.Error(err)
	}
}

func TestSplit(t *testing.T) {
	for line, want := range map[string][]string{
		"":                   nil,
		"  a  b\t":           {"a", "b"},
		`a 'b c' "d e" f\ g`: {"a", "b c", "d e", "f g"},
		`"" ''`:              {"", ""},
		`a"b"'c'`:            {"abc"},
		`"\"\\\$ \n"`:        {`"\$ \n`},
		`'\'`:                {`\`},
	} {
		got, err := program.Split(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Split(%q) = %q, %v; want %q", line, got, err, want)
		}
	}
	for _, line := range []string{`'`, `a "b`, `\`} {
		if got, err := program.Split(line); err == nil {
			t.Errorf("Split(%q) = %q, want an error", line, got)
		}
	}
}

// What Quote writes, Split reads.
func FuzzQuote(f *testing.F) {
	for _, word := range []string{"", "plain", "two words", `it's`, "\\", "$HOME"} {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word string) {
		got, err := program.Split(program.Quote(word))
		if valid := strings.ToValidUTF8(word, "\ufffd"); valid != word {
			t.Skip("not text")
		}
		if err != nil || !slices.Equal(got, []string{word}) {
			t.Errorf("Quote(%q) = %s, which splits to %q, %v", word, program.Quote(word), got, err)
		}
	})
}

func TestBaseName(t *testing.T) {
	for path, want := range map[string]string{
		"server.js": "server", "/a/b.c/my.app.js": "my.app", "python3.11": "python3.11", ".env": ".env", "a.": "a.", "x/": "x",
	} {
		if got := program.BaseName(path); got != want {
			t.Errorf("BaseName(%q) = %q, want %q", path, got, want)
		}
	}
}
