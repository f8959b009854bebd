package config_test

import (
	"errors"
	"strings"
	"testing"

	"forever/internal/config"
)

// fuzzLoad checks what holds for any content: no panic, apps or an error that
// says where, and every app of a good file has a program.
func fuzzLoad(f *testing.F, name string, seeds ...string) {
	for file, content := range sameApps() {
		if file == name {
			f.Add(content)
		}
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		apps, _, err := config.Load(name, strings.NewReader(content), config.LoadOptions{EnvName: "production"})
		var bad *config.FileError
		switch {
		case errors.As(err, &bad):
			if bad.Line < 1 || bad.Column < 0 || bad.Line > 1+strings.Count(content, "\n")+strings.Count(content, "\r") || bad.File != name || bad.Hint == "" {
				t.Errorf("%q: %#v", content, bad)
			}
		case err != nil:
			t.Errorf("%q: %v is no FileError", content, err)
		case len(apps) == 0:
			t.Errorf("%q: neither apps nor an error", content)
		}
		for _, app := range apps {
			if app.Script == "" {
				t.Errorf("%q: an app without a program", content)
			}
		}
	})
}

func FuzzLoadJSON(f *testing.F) {
	fuzzLoad(f, "apps.json", "", "{}", "[{}]", `{"script":"a","env":{"A":null}}`, `{"apps":{"script":"\ud800"}}`, "[[[[", `{"a":"\`, "//", "/*")
}

func FuzzLoadYAML(f *testing.F) {
	fuzzLoad(f, "apps.yaml", "", "a", "- - -", "? a\n: b", "a: &x [*x]", "<<: {script: a}", "script: !!str 1", "script: |\n  a\n", "a: 'b", "%YAML 1.2\n---\na", "{a: [", "\t")
}

func FuzzLoadTOML(f *testing.F) {
	fuzzLoad(f, "apps.toml", "", "a=1", "[a]\n[a.b]\n[[a.b.c]]", "apps=[{script='a'}]", "a.b.c=1\n[a.d]", "d=1979-05-27T07:32:00Z", "[[apps]]\n[apps.env]")
}

func FuzzLoadProcfile(f *testing.F) {
	fuzzLoad(f, "Procfile", "", "web: a", "web:", ": a", "a b", "all: x\nall: y", "# x\n\nw:\tb\r\n")
}

// Where a key stands in a program is found, or not, in any text.
func FuzzPlaces(f *testing.F) {
	for _, seed := range []string{"", "max", "max:", "{ 'max' : 1 }", "max: 1, max: 2", "xmax: 1\nmax:\n\t2", "ä.max: 1 max :", "max\xff: 1"} {
		f.Add(seed, "max")
	}
	f.Fuzz(func(t *testing.T, text, key string) {
		line, column := config.PlaceOf(text, key)
		if (line == 0) != (column == 0) || line > 1+strings.Count(text, "\n") || key == "" && line != 0 {
			t.Errorf("%q in %q: %d:%d", key, text, line, column)
		}
	})
}

func FuzzEnvFile(f *testing.F) {
	for _, seed := range []string{"", "A=1", "export A='x\ny' # c", `A="\n`, "=x", "A", "#", "A=b # c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		variables, err := config.ParseEnvFile("vars", content)
		var bad *config.FileError
		if err != nil && (!errors.As(err, &bad) || bad.Line < 1 || bad.Column < 1) {
			t.Errorf("%q: %#v", content, err)
		}
		for _, v := range variables {
			if v.Name == "" || strings.ContainsAny(v.Name, "=\x00") || strings.ContainsRune(v.Value, 0) {
				t.Errorf("%q: %q", content, v)
			}
		}
	})
}
