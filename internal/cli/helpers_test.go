package cli

import (
	"slices"
	"strings"
	"testing"
)

func TestNamed(t *testing.T) {
	for program, want := range map[string]string{
		"fuser": "fuser", "/usr/local/bin/fuser": "fuser", "./killport": "killport", "taskkill.exe": "taskkill",
		"TASKLIST.EXE": "tasklist", "forever": "", "/opt/fuser/forever": "", "ports": "", "fuser2": "", "": "",
	} {
		if got := named(program); got != want {
			t.Errorf("%q is %q", program, got)
		}
	}
}

func TestTheNameIsTheAction(t *testing.T) {
	s := newSession(nil, &strings.Builder{}, &strings.Builder{})
	if code := s.main([]string{"/bin/killport", "99999"}); code != codeUsage {
		t.Errorf("killport: %d", code)
	}
	var out strings.Builder
	s = newSession(nil, &out, &out)
	if code := s.main([]string{"/bin/tasklist", "/?"}); code != codeDone || !strings.HasPrefix(out.String(), "TASKLIST ") {
		t.Errorf("tasklist: %d, %s", code, out.String())
	}
}

// The classic command lines arrive as they were typed.
func TestClassicLines(t *testing.T) {
	for _, words := range [][]string{
		{"fuser"}, {"fuser", "-k", "-n", "tcp", "8080"}, {"fuser", "8080", "/tcp", "-k"}, {"fuser", "--", "-x"},
		{"fuser", "-v", "-s", "--version"}, {"tasklist", "/FI", "IMAGENAME eq node.exe", "-fi", ""},
		{"taskkill", "--help", "/F"}, {"taskkill", "-p", "1"},
	} {
		l, err := readLine(words)
		if err != nil || l.cmd.name != words[0] || !slices.Equal(l.args, words[1:]) || l.help || l.version {
			t.Errorf("%q: %+v, %v", words, l, err)
		}
	}
	l, err := readLine([]string{"--root", "/r", "-s", "fuser", "-s"})
	if err != nil || !slices.Equal(l.globals, []string{"--root=/r", "--silent=true"}) || !slices.Equal(l.args, []string{"-s"}) {
		t.Errorf("%+v, %v", l, err)
	}
}

// The exit codes and the words of the classic commands are their own.
func TestClassicMistakes(t *testing.T) {
	for line, want := range map[string]string{
		"fuser":                 "No process specification given\nUsage: fuser ",
		"fuser -Q 1":            "Q: unknown signal",
		"fuser no/such/file":    "Specified filename",
		"tasklist /x":           "ERROR: Invalid argument/option - '/x'.",
		"taskkill":              "ERROR: Invalid syntax.",
		"taskkill /pid 1 /im a": "ERROR: Invalid syntax.",
	} {
		if r := (&fake{}).forever(t, strings.Fields(line)...); r.code != 1 || r.out != "" || !strings.HasPrefix(r.errOut, want) {
			t.Errorf("%s: %+v", line, r)
		}
	}
	if r := (&fake{}).forever(t, "taskkill", "/PID", "999999999"); r.code != 128 || r.errOut != "ERROR: The process \"999999999\" not found.\n" {
		t.Errorf("%+v", r)
	}
}

func TestIsKeeper(t *testing.T) {
	for line, want := range map[string]bool{
		"/usr/bin/forever __shim /root/.forever": true, "forever __supervisor /r": true, "forever __adopt 3": true,
		"forever __shim": false, "forever list __shim": false, "node server.js x": false, "": false,
	} {
		if got := isKeeper(strings.Fields(line)); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}

func TestCompletionOfHelpers(t *testing.T) {
	for words, want := range map[string]string{
		"killport --dr": "--dry-run\t", "taskkill /P": "/PID\t", "tasklist -": "", "fuser -k": "-k\t", "fus": "fuser\t",
	} {
		r := (&fake{}).forever(t, append([]string{"__complete", "--"}, strings.Fields(words)...)...)
		if r.code != codeDone || !strings.HasPrefix(r.out, want) || want == "" && r.out != "" {
			t.Errorf("%q: %+v", words, r)
		}
	}
}
