package config_test

import (
	"strings"
	"testing"

	"forever/internal/config"
)

func TestEnvFile(t *testing.T) {
	content := "\ufeff# comment\nA=1\r\nexport B = two words  # not a part\nC='# $A \\n'\nD=\"line\\none\ntwo \\\"q\\\" \\$ \\x\"\nE=\nF=a#b\nG=`x`\n\nH==\nI=# none"
	got, err := config.ParseEnvFile("vars", content)
	if err != nil {
		t.Fatal(err)
	}
	want := []config.Variable{
		{Name: "A", Value: "1"}, {Name: "B", Value: "two words"}, {Name: "C", Value: `# $A \n`}, {Name: "D", Value: "line\none\ntwo \"q\" $ \\x"},
		{Name: "E"}, {Name: "F", Value: "a#b"}, {Name: "G", Value: "x"}, {Name: "H", Value: "="}, {Name: "I"},
	}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
}

func TestEnvFileMistakes(t *testing.T) {
	for content, want := range map[string]string{
		"A=1\nB\n":        `vars:2:1: wants NAME=VALUE, not "B"`,
		"\n  =x\n":        `vars:2:3: "" is no name of a variable`,
		"A B=1":           `vars:1:1: "A B" is no name of a variable`,
		"A=1\nB=\"x\ny\n": `vars:2:3: a quote is never closed`,
		"A='x' y\n":       `vars:1:3: "y" follows the closing quote`,
		"A=1\nB=a\x00b\n": `vars:2:1: the value of B contains a zero byte`,
	} {
		if _, err := config.ParseEnvFile("vars", content); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", content, err, want)
		}
	}
}
