package probe

import (
	"strings"
	"testing"
	"time"
)

func TestParseReady(t *testing.T) {
	for s, want := range map[string]Ready{
		"tcp:8080":                      {Kind: KindTCP, at: target{port: 8080}},
		"tcp::8080":                     {Kind: KindTCP, at: target{port: 8080}},
		"tcp:127.0.0.1:1":               {Kind: KindTCP, at: target{host: "127.0.0.1", port: 1}},
		"tcp:[::1]:65535":               {Kind: KindTCP, at: target{host: "::1", port: 65535}},
		"tcp:db.local:5432":             {Kind: KindTCP, at: target{host: "db.local", port: 5432}},
		"http:8080":                     {Kind: KindHTTP, at: target{port: 8080, path: "/"}},
		"http:8080/path?a=b,c":          {Kind: KindHTTP, at: target{port: 8080, path: "/path?a=b,c"}},
		"http:8080?a":                   {Kind: KindHTTP, at: target{port: 8080, path: "/?a"}},
		"http:localhost:8080/x":         {Kind: KindHTTP, at: target{host: "localhost", port: 8080, path: "/x"}},
		"http://nope":                   {Kind: KindHTTP, at: target{host: "nope", port: 80, path: "/"}},
		"http:localhost/x":              {Kind: KindHTTP, at: target{host: "localhost", port: 80, path: "/x"}},
		"http:10.0.0.1":                 {Kind: KindHTTP, at: target{host: "10.0.0.1", port: 80, path: "/"}},
		"http://localhost/x#part":       {Kind: KindHTTP, at: target{host: "localhost", port: 80, path: "/x"}},
		"http:http://10.0.0.1:81/x:y/z": {Kind: KindHTTP, at: target{host: "10.0.0.1", port: 81, path: "/x:y/z"}},
		"http://[fe80::1%eth0]:81":      {Kind: KindHTTP, at: target{host: "fe80::1%eth0", port: 81, path: "/"}},
		"http://[::1]/":                 {Kind: KindHTTP, at: target{host: "::1", port: 80, path: "/"}},
		"notify":                        {Kind: KindNotify},
		"message":                       {Kind: KindMessage},
		"delay:2s":                      {Kind: KindDelay, Delay: 2 * time.Second},
		"delay:1500":                    {Kind: KindDelay, Delay: 1500 * time.Millisecond},
		"delay:0":                       {Kind: KindDelay},
	} {
		got, err := ParseReady(s)
		if err != nil || got != want {
			t.Errorf("%q is %+v, %v", s, got, err)
		}
		if again, err := ParseReady(got.String()); err != nil || again != got {
			t.Errorf("%q becomes %q, which is %+v, %v", s, got, again, err)
		}
	}
}

func TestParseReadyRefuses(t *testing.T) {
	for s, want := range map[string]string{
		"":                      "wants tcp:PORT",
		"udp:53":                "wants tcp:PORT",
		"exec:true":             "wants tcp:PORT",
		"tcp":                   "wants a port",
		"tcp:":                  "wants a port",
		"tcp:0":                 "wants a port",
		"tcp:65536":             "wants a port",
		"tcp:+80":               "wants a port",
		"tcp:http":              "wants a port",
		"tcp:a:b:1":             "wants HOST:PORT",
		"tcp:*:80":              "wants a host",
		"http:":                 "wants PORT/PATH",
		"http:nope":             "wants a port, not \"nope\" (port 80 of a host of that name is http://nope)",
		"http:healthz/x":        "wants a port, not \"healthz\"",
		"http:/path":            "wants PORT/PATH",
		"http://:80/":           "wants PORT/PATH",
		"http://me:pw@host/":    "wants a port",
		"http://me@host/":       "wants a host",
		"http:80/a b":           "%20",
		"http:80/\r\nHost: x":   "%0D",
		"http:80/é":             "%C3",
		"http://a\nb/":          "wants a host",
		"https://localhost/":    "https is not asked",
		"http:https://host/":    "https is not supported",
		"notify:":               "stands alone",
		"message:ready":         "stands alone",
		"delay:":                "wants a duration",
		"delay:-1s":             "wants a duration",
		"delay:soon":            "wants a duration",
		"delay:99999999999999s": "wants a duration",
	} {
		got, err := ParseReady(s)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", s, err, want)
		}
		if got != (Ready{}) {
			t.Errorf("%q is %+v beside its error", s, got)
		}
	}
}

func TestParseHealth(t *testing.T) {
	plain := Health{Interval: DefaultInterval, Timeout: DefaultTimeout, Retries: DefaultRetries}
	health := func(change func(h *Health)) Health {
		h := plain
		change(&h)
		return h
	}
	for s, want := range map[string]Health{
		"http:8080/healthz": health(func(h *Health) { h.Kind, h.at = KindHTTP, target{port: 8080, path: "/healthz"} }),
		"tcp:5432,retries=1": health(func(h *Health) {
			h.Kind, h.at, h.Retries = KindTCP, target{port: 5432}, 1
		}),
		"http://h:1/x,interval=1m,timeout=500,retries=7,start-period=0": health(func(h *Health) {
			h.Kind, h.at = KindHTTP, target{host: "h", port: 1, path: "/x"}
			h.Interval, h.Timeout, h.Retries = time.Minute, 500*time.Millisecond, 7
		}),
		"exec:curl -d a=1,b=2 'x,y',timeout=2s": health(func(h *Health) {
			h.Kind, h.Command, h.Timeout = KindExec, "curl -d a=1,b=2 'x,y'", 2*time.Second
		}),
		"exec: test -e a,z=1": health(func(h *Health) { h.Kind, h.Command = KindExec, "test -e a,z=1" }),
		"exec:true,start-period=90s": health(func(h *Health) {
			h.Kind, h.Command, h.StartPeriod = KindExec, "true", 90*time.Second
		}),
	} {
		got, err := ParseHealth(s)
		if err != nil || got != want {
			t.Errorf("%q is %+v, %v", s, got, err)
		}
		if again, err := ParseHealth(got.String()); err != nil || again != got {
			t.Errorf("%q becomes %q, which is %+v, %v", s, got, again, err)
		}
	}
}

func TestParseHealthRefuses(t *testing.T) {
	for s, want := range map[string]string{
		"":                            "wants http:PORT/PATH",
		"delay:2s":                    "wants http:PORT/PATH",
		",interval=1s":                "wants http:PORT/PATH",
		"https://h/":                  "exec:'curl",
		"tcp:80,intervall=1s":         "none of interval=",
		"http:80/x,y":                 "%2C",
		"http:80/x,interval=0":        "interval has to be longer",
		"http:80/x,timeout=-1s":       "timeout wants a duration",
		"tcp:80,retries=0":            "retries wants a number",
		"tcp:80,retries=many":         "retries wants a number",
		"tcp:80,retries=1,retries=2":  "retries is there twice",
		"exec:":                       "wants a command",
		"exec:  ,interval=1s":         "wants a command",
		"exec:true,start-period=soon": "start-period wants a duration",
	} {
		if got, err := ParseHealth(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %+v, %v; want an error with %q", s, got, err, want)
		}
	}
}

// Whatever is accepted is written as something that means the same.
func FuzzParseReady(f *testing.F) {
	f.Add("http://[::1]:80/x?y")
	f.Add("tcp:localhost:80")
	f.Add("delay:1h2m")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseReady(s)
		if err != nil {
			return
		}
		if again, err := ParseReady(r.String()); err != nil || again != r {
			t.Fatalf("%q becomes %q, which is %+v, %v", s, r, again, err)
		}
	})
}

func FuzzParseHealth(f *testing.F) {
	f.Add("http:80/x,interval=1s,retries=2")
	f.Add("exec:a,b=1,timeout=1")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := ParseHealth(s)
		if err != nil {
			return
		}
		if again, err := ParseHealth(h.String()); err != nil || again != h {
			t.Fatalf("%q becomes %q, which is %+v, %v", s, h, again, err)
		}
	})
}
