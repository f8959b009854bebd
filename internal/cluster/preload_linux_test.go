package cluster

import (
	"os/exec"
	"strings"
	"testing"

	"forever/internal/need"
)

// What a server of Node asks for becomes what is to be had for it, in versions that can
// share by themselves and in others. A socket is given once; who wants less than it has
// serves nobody else.
func TestPreload(t *testing.T) {
	node := need.Command(t, "node")
	const older, newer = "20.20.2", "22.12.0"
	for name, test := range map[string]struct{ version, listen, call, want string }{
		"its port":              {older, "[::]:80", `[80]`, `[{"fd":3},"callback"]`},
		"as a text":             {older, "[::]:80", `["80"]`, `[{"fd":3},"callback"]`},
		"with a backlog":        {older, "[::]:80", `[80, 7]`, `[{"fd":3},7,"callback"]`},
		"all of IPv4":           {older, "[::]:80", `[80, "0.0.0.0", 7]`, `[{"fd":3},7,"callback"]`},
		"by options":            {newer, "[::]:80", `[{"port":80,"host":"::","backlog":7,"exclusive":true}]`, `[{"exclusive":true,"fd":3},7,"callback"]`},
		"the second of two":     {newer, "[::]:80,127.0.0.1:81", `[81, "127.0.0.1"]`, `[{"fd":4},"callback"]`},
		"by the host's name":    {newer, "127.0.0.1:81", `[81, "localhost"]`, `[{"fd":3},"callback"]`},
		"IPv6":                  {newer, "[::1]:81", `[{"port":81,"host":"::1"}]`, `[{"fd":3},"callback"]`},
		"this machine alone":    {older, "[::]:80", `[80, "127.0.0.1"]`, `[{"fd":3},"callback"]` + "\nserves 127.0.0.1 ::ffff:127.0.0.1"},
		"and by name":           {newer, "[::]:80", `[80, "localhost"]`, `[{"fd":3},"callback"]` + "\nserves 127.0.0.1 ::ffff:127.0.0.1 ::1"},
		"IPv6 alone":            {newer, "[::]:80", `[{"port":80,"ipv6Only":true}]`, `[{"fd":3},"callback"]` + "\nserves 127.0.0.1 ::1 192.0.2.1 2001:db8::1"},
		"another host":          {older, "[::]:80", `[80, "example"]`, `[80,"example","callback"]`},
		"another, and can":      {newer, "[::]:80", `[80, "example"]`, `[{"port":80,"host":"example","reusePort":true},"callback"]`},
		"another port":          {older, "[::]:80", `[81]`, `[81,"callback"]`},
		"another port, and can": {newer, "[::]:80", `[81]`, `[{"port":81,"reusePort":true},"callback"]`},
		"23.0 cannot":           {"23.0.0", "", `[81]`, `[81,"callback"]`},
		"23.1 can":              {"23.1.0", "", `[81]`, `[{"port":81,"reusePort":true},"callback"]`},
		"24 can":                {"24.0.0", "", `[81, "127.0.0.1"]`, `[{"port":81,"host":"127.0.0.1","reusePort":true},"callback"]`},
		"any port":              {newer, "[::]:80", `[0]`, `[0,"callback"]`},
		"no port":               {newer, "[::]:80", `[]`, `["callback"]`},
		"a path":                {newer, "[::]:80", `["/run/s"]`, `["/run/s","callback"]`},
		"a path by options":     {newer, "[::]:80", `[{"path":"/run/s"}]`, `[{"path":"/run/s"},"callback"]`},
		"a descriptor":          {newer, "[::]:80", `[{"fd":9}]`, `[{"fd":9},"callback"]`},
		"nothing that is known": {newer, "[::]:80", `[null]`, `[null,"callback"]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := preload(t, node, test.version, test.listen, test.call)
			if got != test.want {
				t.Errorf("listen gets\n%s\nwant\n%s", got, test.want)
			}
		})
	}
	if got := preload(t, node, older, "[::]:80", `[80]`, `[80]`); got != "[{\"fd\":3},\"callback\"]\n[80,\"callback\"]" {
		t.Errorf("one socket, two servers: %s", got)
	}
}

func preload(t *testing.T, node, version, listen string, calls ...string) string {
	t.Helper()
	args := append([]string{testdata(t, "preload.js"), testdata(t, "../../../supervisor/node_share.js"), version, listen}, calls...)
	out, err := exec.CommandContext(t.Context(), node, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}
