package target

import (
	"errors"
	"slices"
	"testing"

	"forever/internal/wire"
)

// instances are numbered from 0 and have these PIDs.
func instances(pids ...int) []wire.Instance {
	all := make([]wire.Instance, len(pids))
	for i, pid := range pids {
		all[i] = wire.Instance{Index: i, PID: pid}
	}
	return all
}

var apps = []wire.App{
	{ID: 0, Name: "web", Namespace: "shop", UID: "k3Xa", Script: "/srv/shop/server.js", Typed: "server", Instances: instances(100, 101, 0)},
	{ID: 1, Name: "api-users", Namespace: "shop", UID: "zz9P", Script: "/srv/users/main.py", Typed: "./main.py", Instances: instances(5)},
	{ID: 2, Name: "api-orders", Namespace: "back", UID: "7Qa1", Script: "/srv/orders/main.py", Typed: "./main.py", ConfigFile: "/srv/forever.yaml", Instances: instances(102)},
	{ID: 5, Name: "102", Namespace: "back", UID: "5", Script: "/srv/orders/102", Typed: "102", ConfigFile: "/srv/forever.yaml", Instances: instances(103)},
	{ID: 7, Name: "2", Namespace: "default", UID: "aaaa", Script: "/srv/x", Typed: "x", Instances: instances(0)},
	{ID: 8, Name: "web:1", Namespace: "default", UID: "bbbb", Script: "/srv/y", Typed: "y", Instances: instances(108)},
	{ID: 9, Name: "shop", Namespace: "default", UID: "web", Script: "/srv/z", Typed: "k3Xa", Instances: instances(109, 110)},
}

func whole(ids ...int) []Ref {
	var refs []Ref
	for _, id := range ids {
		refs = append(refs, Ref{id, All})
	}
	return refs
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		name, cwd, target string
		want              []Ref
	}{
		{"all", "", "all", whole(0, 1, 2, 5, 7, 8, 9)},
		{"id", "", "0", whole(0)},
		{"id before name", "", "2", whole(2)},
		{"id before PID and uid", "", "5", whole(5)},
		{"name", "", "web", whole(0)},
		{"name before PID", "", "102", whole(5)},
		{"name before uid", "", "web", whole(0)},
		{"name before namespace", "", "shop", whole(9)},
		{"name before instance", "", "web:1", whole(8)},
		{"PID", "", "101", []Ref{{0, 1}}},
		{"instance by name", "", "web:0", []Ref{{0, 0}}},
		{"instance without a process", "", "web:2", []Ref{{0, 2}}},
		{"instance by id", "", "0:2", []Ref{{0, 2}}},
		{"instance by id before name", "", "2:0", []Ref{{2, 0}}},
		{"uid", "", "zz9P", whole(1)},
		{"uid before typed", "", "k3Xa", whole(0)},
		{"absolute path", "", "/srv/users/main.py", whole(1)},
		{"absolute path, not clean", "", "/srv/./users//main.py", whole(1)},
		{"relative path", "/srv/users", "main.py", whole(1)},
		{"relative path upwards", "/srv/shop", "../users/main.py", whole(1)},
		{"path before typed", "/srv/orders", "./main.py", whole(2)},
		{"typed, from elsewhere", "/", "./main.py", whole(1, 2)},
		{"typed, no folder known", "", "server", whole(0)},
		{"config file", "", "/srv/forever.yaml", whole(2, 5)},
		{"config file, relative", "/srv", "forever.yaml", whole(2, 5)},
		{"namespace", "", "back", whole(2, 5)},
		{"glob of names", "", "api-*", whole(1, 2)},
		{"glob of one", "", "?eb", whole(0)},
		{"glob of namespaces", "", "b[a]ck", whole(2, 5)},
		{"glob of both", "", "sho*", whole(0, 1, 9)},
	} {
		got, err := Match(apps, c.cwd, c.target)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: Match(%q in %q) = %v, %v; want %v", c.name, c.target, c.cwd, got, err, c.want)
		}
	}
}

func TestNoMatch(t *testing.T) {
	for _, c := range []struct{ cwd, target, message, hint string }{
		{"", "wbe", `no app "wbe"`, `did you mean "web"?`},
		{"", "api-user", `no app "api-user"`, `did you mean "api-users"?`},
		{"", "bakc", `no app "bakc"`, `did you mean "back"?`},
		{"", "database", `no app "database"`, "forever list"},
		{"", "", `no app ""`, "forever list"},
		{"/srv/users", "", `no app ""`, "forever list"},
		{"", "07", `no app "07"`, "forever list"},
		{"", "+1", `no app "+1"`, "forever list"},
		{"", "-1", `no app "-1"`, "forever list"},
		{"", "99999999999999999999", `no app "99999999999999999999"`, "forever list"},
		{"", "web:7", `app "web" has no instance 7`, "forever list"},
		{"", "0:7", `app "0" has no instance 7`, "forever list"},
		{"", "web:", `no app "web:"`, `did you mean "web"?`},
		{"", "database:0", `no app "database:0"`, "forever list"},
		{"", "x*x", `no app "x*x"`, "forever list"},
		{"", "longname[", `no app "longname["`, "forever list"},
		{"relative", "main.py", `no app "main.py"`, "forever list"},
	} {
		refs, err := Match(apps, c.cwd, c.target)
		var e *wire.Error
		if !errors.As(err, &e) || refs != nil {
			t.Errorf("Match(%q) = %v, %v", c.target, refs, err)
			continue
		}
		if e.Code != wire.CodeNoTarget || e.Message != c.message || e.Hint != c.hint {
			t.Errorf("Match(%q): %q, hint %q; want %q, hint %q", c.target, e.Message, e.Hint, c.message, c.hint)
		}
	}
}

// A slot without a process has PID 0, which is no PID.
func TestNoProcessIsNoPID(t *testing.T) {
	if refs, err := Match(apps[1:], "", "0"); err == nil {
		t.Fatalf("0 is %v", refs)
	}
}

func TestNoApps(t *testing.T) {
	if refs, err := Match(nil, "/", "all"); err != nil || len(refs) != 0 {
		t.Errorf("all of nothing: %v, %v", refs, err)
	}
	if _, err := Match(nil, "/", "web"); err == nil {
		t.Error("an app where none is")
	}
}

func TestSelect(t *testing.T) {
	for _, c := range []struct {
		targets []string
		want    []Ref
		errs    int
	}{
		{nil, nil, 0},
		{[]string{"all", "web", "101"}, whole(0, 1, 2, 5, 7, 8, 9), 0},
		{[]string{"api-*", "web:2", "web:0"}, []Ref{{0, 0}, {0, 2}, {1, All}, {2, All}}, 0},
		{[]string{"web:0", "100", "web:0"}, []Ref{{0, 0}}, 0},
		{[]string{"web:1", "api-orders"}, []Ref{{2, All}, {8, All}}, 0},
		{[]string{"ghost", "web", "spook"}, whole(0), 2},
	} {
		got, errs := Select(apps, "", c.targets)
		if len(errs) != c.errs || !slices.Equal(got, c.want) {
			t.Errorf("Select(%q) = %v, %v; want %v and %d errors", c.targets, got, errs, c.want, c.errs)
		}
	}
}

func TestNear(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "a", 0}, {"a", "b", 1}, {"ab", "ba", 1}, {"web", "wbe", 1},
		{"kitten", "sitting", 3}, {"größe", "grösse", 2}, {"abc", "", 3},
	} {
		if got := distance([]rune(c.a), []rune(c.b)); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// Match never panics, and what it finds is there.
func FuzzMatch(f *testing.F) {
	for _, s := range []string{"all", "0", "web", "web:1", "api-*", "[", "b[a-", "../x", ":", "web:-1", "\xff:0", "ünï"} {
		f.Add("/srv", s)
	}
	f.Fuzz(func(t *testing.T, cwd, target string) {
		refs, err := Match(apps, cwd, target)
		if (err == nil) != (len(refs) > 0) {
			t.Fatalf("Match(%q) = %v, %v", target, refs, err)
		}
		var e *wire.Error
		if err != nil && (!errors.As(err, &e) || e.Code != wire.CodeNoTarget || e.Hint == "") {
			t.Fatalf("Match(%q): %#v", target, err)
		}
		for _, r := range refs {
			if r.Index != All && !has(apps, r.AppID, r.Index) {
				t.Fatalf("Match(%q) finds %v", target, r)
			}
		}
	})
}
