package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"forever/internal/wire"
)

// post is a raw request with a body.
func post(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

var malformed = []struct {
	name, request string
	status        int
	message, hint string // parts of the error
}{
	{"no HTTP", "hello\r\n\r\n", 400, "not a request of HTTP/1.1", ""},
	{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "not a request of HTTP/1.1", ""},
	{"TLS", "\x16\x03\x01\x00\xa5\x01\x00\n\n", 400, "not a request of HTTP/1.1", ""},
	{"no path", "GET ping HTTP/1.1\r\n\r\n", 400, `not a path: "ping"`, ""},
	{"a broken header", "GET /v1/ping HTTP/1.1\r\nno colon\r\n\r\n", 400, "header", ""},
	{"another path", "GET /v1/pong HTTP/1.1\r\n\r\n", 404, "no such path", "/v1/ping"},
	{"another version", "GET /v2/ping HTTP/1.1\r\n\r\n", 404, "no such path", "/v1/ping"},
	{"wrong method", "GET /v1/stop HTTP/1.1\r\n\r\n", 405, "GET", "use POST"},
	{"wrong method", post("/v1/apps", "{}"), 405, "POST", "use GET"},
	{"chunks", "POST /v1/stop HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411, "Content-Length", ""},
	{"two lengths", "POST /v1/stop HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 400, "Content-Length", ""},
	{"a negative length", "POST /v1/stop HTTP/1.1\r\nContent-Length: -1\r\n\r\n{}", 400, "Content-Length", ""},
	{"a large body", "POST /v1/stop HTTP/1.1\r\nContent-Length: 67108865\r\n\r\n{}", 413, "at most 67108864", ""},
	{"a large head", "GET /v1/ping HTTP/1.1\r\nX: " + strings.Repeat("x", maxHead) + "\r\n\r\n", 431, "head", ""},
	{"an endless line", "GET /" + strings.Repeat("x", maxHead), 431, "head", ""},
	{"no body", post("/v1/stop", ""), 400, "no body", ""},
	{"no JSON", post("/v1/stop", "stop it"), 400, "not the JSON", ""},
	{"half a JSON", post("/v1/stop", `{"targets":`), 400, "not the JSON", ""},
	{"an array", post("/v1/stop", `[]`), 400, "cannot unmarshal array", ""},
	{"a wrong type", post("/v1/stop", `{"targets":"web"}`), 400, "targets", ""},
	{"two values", post("/v1/stop", `{"targets":["a"]}{}`), 400, "goes on", ""},
	{"an unknown field", post("/v1/stop", `{"target":["a"]}`), 400, `unknown field "target"`, "forever update"},
	{"an unknown field of kill", post("/v1/kill", `{"now":true}`), 400, `unknown field "now"`, ""},
	{"deep", post("/v1/stop", strings.Repeat(`[`, 20000)), 400, "depth", ""},
	{"no targets", post("/v1/stop", `{}`), 400, "no targets", ""},
	{"null", post("/v1/stop", `null`), 400, "no targets", ""},
	{"no signal", post("/v1/signal", `{"targets":["a"]}`), 400, "no signal", ""},
	{"no specs", post("/v1/start", `{"specs":[]}`), 400, "no specs", ""},
	{"a relative binary", post("/v1/update", `{"exe":"forever"}`), 400, "absolute", ""},
}

func TestMalformed(t *testing.T) {
	s := serve(t, &fake{act: func(context.Context, string, wire.TargetRequest, func(wire.Event)) {
		t.Error("a malformed request was carried out")
	}})
	for _, c := range malformed {
		status, e := refusalOf(t, s.raw(t, c.request))
		if status != c.status {
			t.Errorf("%s: status %d, not %d", c.name, status, c.status)
		}
		if e.Code != wire.CodeUsage || !strings.Contains(e.Message, c.message) || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
}

// refusalOf takes an answer apart that has to be {"error": …}.
func refusalOf(t *testing.T, answer string) (status int, e wire.Error) {
	t.Helper()
	if _, err := fmt.Sscanf(answer, "HTTP/1.1 %d ", &status); err != nil {
		t.Fatalf("%q: %v", answer, err)
	}
	_, text, _ := strings.Cut(answer, "\r\n\r\n")
	var body struct{ Error *wire.Error }
	if err := json.Unmarshal([]byte(text), &body); err != nil || body.Error == nil {
		t.Fatalf("%q: %v", answer, err)
	}
	return status, *body.Error
}

func TestAllowNamesTheMethod(t *testing.T) {
	if answer := serve(t, &fake{}).raw(t, "PUT /v1/stop HTTP/1.1\r\n\r\n"); !strings.Contains(answer, "\r\nAllow: POST\r\n") {
		t.Fatal(answer)
	}
}

// curl sends a long body only when it is told to go on.
func TestExpectContinue(t *testing.T) {
	s := serve(t, &fake{})
	conn := s.dial(t)
	const body = `{"targets":["web"]}`
	fmt.Fprintf(conn, "POST /v1/stop HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(body))
	const want = "HTTP/1.1 100 Continue\r\n\r\n"
	got := make([]byte, len(want))
	if _, err := conn.Read(got); err != nil || string(got) != want {
		t.Fatalf("%q, %v", got, err)
	}
	fmt.Fprint(conn, body)
	if _, err := conn.Read(got); err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 200 OK") {
		t.Fatalf("%q, %v", got, err)
	}
}

func TestRefuseAnswersRefusalsOnly(t *testing.T) {
	m := &memory{}
	newConn(m).refuse(errors.New("the client is gone"))
	if m.out.Len() > 0 {
		t.Fatalf("answered %q", m.out.String())
	}
}
