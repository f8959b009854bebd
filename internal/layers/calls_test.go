package layers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

func TestForbiddenCalls(t *testing.T) {
	eachPlatform(t, func(t *testing.T, all []*pkg) {
		for _, p := range all {
			if p.room() == "" || p.tool() {
				continue
			}
			for _, name := range p.GoFiles {
				checkCalls(t, filepath.Join(p.Dir, name))
			}
		}
	})
}

// checkCalls reports each forbidden call in a file.
func checkCalls(t *testing.T, path string) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name := callee(call)
		if why := forbidden(name); why != "" {
			t.Errorf("%s: %s: %s", fset.Position(call.Pos()), name, why)
		}
		return true
	})
}

// callee is the called function as it is written: "panic", "os.Exit".
func callee(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
	}
	return ""
}

// forbidden is the reason against a call, or empty. "log.Fatal" also means
// log.Fatalf and log.Fatalln; a builtin means itself alone.
func forbidden(name string) string {
	for banned, why := range calls {
		if name == banned || strings.Contains(banned, ".") && strings.HasPrefix(name, banned) {
			return why
		}
	}
	return ""
}

func TestForbidden(t *testing.T) {
	for name, want := range map[string]bool{
		"os.Exit": true, "log.Fatalf": true, "log.Fatal": true, "panic": true,
		"panics": false, "log.Printf": false, "os.Open": false, "": false,
	} {
		if got := forbidden(name) != ""; got != want {
			t.Errorf("forbidden(%q) is %v", name, got)
		}
	}
}
