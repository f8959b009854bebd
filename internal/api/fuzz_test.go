package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"forever/internal/wire"
)

// memory is a connection whose client has said everything and only listens.
type memory struct {
	in  bytes.Reader
	out bytes.Buffer
}

func (m *memory) Read(p []byte) (int, error)       { return m.in.Read(p) }
func (m *memory) Write(p []byte) (int, error)      { return m.out.Write(p) }
func (m *memory) Close() error                     { return nil }
func (m *memory) LocalAddr() net.Addr              { return nil }
func (m *memory) RemoteAddr() net.Addr             { return nil }
func (m *memory) SetDeadline(time.Time) error      { return nil }
func (m *memory) SetReadDeadline(time.Time) error  { return nil }
func (m *memory) SetWriteDeadline(time.Time) error { return nil }

// Whatever a client sends, the control API does not panic, and what it answers
// is HTTP with JSON in it.
func FuzzHandler(f *testing.F) {
	for _, c := range malformed {
		f.Add([]byte(c.request))
	}
	for _, path := range []string{"ping", "apps", "apps?spec=1&env=1", "apps?%zz", "events"} {
		f.Add([]byte("GET /v1/" + path + " HTTP/1.1\r\nHost: x\r\n\r\n"))
	}
	f.Add([]byte(post("/v1/start", `{"specs":[{"name":"web","env":["A=b"]}],"wait_ms":-1}`)))
	f.Add([]byte(post("/v1/signal", `{"targets":["web:1"],"signal":"HUP","timeout_ms":null}`)))
	f.Add([]byte(post("/v1/kill", "")))
	f.Add([]byte(post("/v1/update", `{"exe":"/bin/true"}`)))
	f.Add([]byte("POST http://x/v1/stop HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 19\r\n\r\n{\"targets\":[\"all\"]}"))

	s := &server{backend: &fake{apps: []wire.App{{Name: "web", Spec: &wire.Spec{Name: "web"}}}}}
	f.Fuzz(func(t *testing.T, request []byte) {
		m := &memory{}
		m.in.Reset(request)
		c := newConn(m)
		s.exchange(t.Context(), c)
		c.close()
		checkAnswer(t, m.out.String())
	})
}

// checkAnswer allows no answer, too: to half a request there is none.
func checkAnswer(t *testing.T, answer string) {
	answer = strings.TrimPrefix(answer, "HTTP/1.1 100 Continue\r\n\r\n")
	if answer == "" {
		return
	}
	var status int
	if _, err := fmt.Sscanf(answer, "HTTP/1.1 %d ", &status); err != nil {
		t.Fatalf("no status: %q", answer)
	}
	_, body, ok := strings.Cut(answer, "\r\n\r\n")
	if !ok || !strings.HasSuffix(answer, "\n") {
		t.Fatalf("not whole: %q", answer)
	}
	if strings.Contains(answer, typeStream) {
		for line := range strings.Lines(body) {
			checkJSON(t, line)
		}
		return
	}
	checkJSON(t, body)
	if status != statusOK && !strings.HasPrefix(body, `{"error":{`) {
		t.Fatalf("status %d without an error: %q", status, body)
	}
}

func checkJSON(t *testing.T, text string) {
	if !json.Valid([]byte(text)) {
		t.Fatalf("no JSON: %q", text)
	}
}
