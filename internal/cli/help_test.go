package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"forever/internal/config"
)

// Every action and every option explains itself, and every promise of a help
// page is a line that can be typed.
func TestHelpIsComplete(t *testing.T) {
	for _, cmd := range commands() {
		if cmd.brief == "" || cmd.about == "" || len(cmd.synopsis) == 0 || len(cmd.examples) == 0 || len(cmd.exits) == 0 {
			t.Errorf("%s: its help page lacks a part", cmd.name)
		}
		if cmd.least > 0 && cmd.words == "" || cmd.most > 0 && cmd.words == "" {
			t.Errorf("%s: does not say what it needs", cmd.name)
		}
		page := (&fake{}).forever(t, "help", cmd.name)
		again := (&fake{}).forever(t, cmd.name, "--help")
		if page.code != codeDone || page.out != again.out || page.errOut != "" {
			t.Errorf("%s: help and --help: %+v, %+v", cmd.name, page, again)
		}
		for _, o := range append(newGlobals().options, cmd.all()...) {
			checkOption(t, cmd, o, page.out)
		}
	}
}

// docs/commands.md is the map of all actions.
func TestEveryActionIsInTheDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range commands() {
		named := regexp.MustCompile("(?m)^\\|.*`" + cmd.name + "[` ]")
		if !cmd.hidden && !named.Match(text) {
			t.Errorf("docs/commands.md has no row for %s", cmd.name)
		}
	}
}

func checkOption(t *testing.T, cmd *command, o *option, page string) {
	t.Helper()
	if o.hidden {
		return
	}
	if o.usage == "" || o.kind != boolean && o.placeholder == "" {
		t.Errorf("%s --%s: no usage, or no name for its value", cmd.name, o.name)
	}
	if !strings.Contains(page, o.heading()) {
		t.Errorf("%s: the page does not show %s", cmd.name, o.heading())
	}
	if config.Kebab(o.name) != o.name {
		t.Errorf("%s --%s: not in kebab-case", cmd.name, o.name)
	}
}

// No name means two options or two actions.
func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range actionNames(commands()) {
		if seen[name] {
			t.Errorf("the action %s is there twice", name)
		}
		seen[name] = true
	}
	for _, cmd := range commands() {
		names := map[string]bool{}
		for _, o := range append(newGlobals().options, cmd.all()...) {
			for _, name := range append([]string{o.name}, o.aliases...) {
				if names[name] {
					t.Errorf("%s: the option %s is there twice", cmd.name, name)
				}
				names[name] = true
			}
		}
	}
}

func TestExamplesCanBeRead(t *testing.T) {
	for _, cmd := range commands() {
		for _, e := range cmd.examples {
			_, words, ok := strings.Cut(e.line, "forever ")
			words, _, _ = strings.Cut(words, " >")
			if _, err := readLine(strings.Fields(strings.TrimSuffix(words, `)"`))); !ok || err != nil {
				t.Errorf("%s: the example %q: %v", cmd.name, e.line, err)
			}
		}
	}
}

func TestHelpOfWhatIsNotThere(t *testing.T) {
	if r := (&fake{}).forever(t, "help", "strat"); r.code != codeUsage || !strings.Contains(r.errOut, "did you mean start?") {
		t.Errorf("%+v", r)
	}
}

func TestAloneItPrintsHelp(t *testing.T) {
	for _, args := range [][]string{nil, {"-s"}, {"--help"}, {"-h"}, {"help"}} {
		r := (&fake{}).forever(t, args...)
		if r.code != codeDone || !strings.HasPrefix(r.out, versionText()) || r.errOut != "" {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

func TestVersion(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"--version"}} {
		if r := (&fake{}).forever(t, args...); r != (ran{codeDone, versionText() + "\n", ""}) {
			t.Errorf("%q: %+v", args, r)
		}
	}
}
