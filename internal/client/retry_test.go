package client

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"forever/internal/wire"
)

// steps is a supervisor's work in parts: it emits, and where a part is nil it
// waits to be killed.
func steps(ready chan<- bool, events ...*wire.Event) work {
	return func(ctx context.Context, _ string, emit func(wire.Event)) {
		for _, e := range events {
			if e == nil {
				ready <- true
				<-ctx.Done()
				return
			}
			emit(*e)
		}
	}
}

func ptr(e wire.Event) *wire.Event { return &e }

// A supervisor that dies in the middle is followed by another, which is asked
// the same under the same id. Nothing is told twice, not even where it repeats
// itself, and everything new is told.
func TestBrokenCallIsRepeated(t *testing.T) {
	root := t.TempDir()
	ln := holder(t, root)
	ready := make(chan bool)
	starting, online := ptr(state("web", wire.Starting, 0)), ptr(state("web", wire.Online, 42))
	first := &fake{do: steps(ready, starting, ptr(did("db", "started")), nil)}
	second := &fake{do: steps(ready, starting, ptr(did("db", "started")), online, nil)}
	third := &fake{do: steps(ready, ptr(did("db", "started")), online, ptr(did("web", "started")), starting, starting)}

	on, got := collect()
	ended := make(chan error, 1)
	current := serve(t, ln, first)
	go func() {
		ended <- strict(t, root).Start(bounded(t), wire.StartRequest{Specs: make([]wire.Spec, 2)}, nil, on)
	}()
	for _, next := range []*fake{second, third} {
		wait(t, ready)
		current.stop()
		current = serve(t, ln, next)
	}
	if err := wait(t, ended); err != nil {
		t.Fatal(err)
	}
	want := []string{"web starting", "db started", "web online", "web started", "web starting"}
	if !slices.Equal(names(*got), want) {
		t.Errorf("told %q, want %q", names(*got), want)
	}
	id := first.starts[0].ID
	if id == "" || second.starts[0].ID != id || third.starts[0].ID != id {
		t.Errorf("ids %q, %q, %q", id, second.starts[0].ID, third.starts[0].ID)
	}
}

// One connection is broken in every possible way before a supervisor answers.
func TestEveryBreakIsRepeated(t *testing.T) {
	const whole = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n" +
		`{"type":"result","app":"web","id":0,"instance":-1}` + "\n" + `{"type":"done","id":0,"instance":-1}` + "\n"
	end := strings.LastIndex(whole, "}")
	for cut := 0; cut <= end; cut += 3 {
		root := t.TempDir()
		ln := holder(t, root)
		go breakOff(ln, whole[:cut])
		on, got := collect()
		c := strict(t, root)
		ended := make(chan error, 1)
		go func() { ended <- c.Act(bounded(t), "stop", wire.TargetRequest{Targets: []string{"web"}}, on) }()
		if err := wait(t, ended); err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if len(*got) != 1 {
			t.Fatalf("cut at %d: told %+v", cut, *got)
		}
	}
}

// breakOff answers the first connection with text and breaks it, and those
// after it well.
func breakOff(ln *net.UnixListener, text string) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		if text == "" { // reset: closed with the request unread
			conn.Close()
		} else {
			conn.Read(make([]byte, 4096))
			io.WriteString(conn, text)
			conn.Close()
		}
		text = "HTTP/1.1 200 OK\r\n\r\n" +
			`{"type":"result","app":"web","id":0,"instance":-1}` + "\n" + `{"type":"done","id":0,"instance":-1}` + "\n"
	}
}

// What a supervisor had deleted before it died is not there for the next one.
func TestDeleteIsRepeated(t *testing.T) {
	root := t.TempDir()
	ln := holder(t, root)
	ready := make(chan bool)
	apps := []wire.App{{ID: 3, Name: "web"}, {ID: 4, Name: "db"}}
	unknown := func(name string) *wire.Event {
		return ptr(wire.Event{Type: wire.EventResult, ID: -1, Instance: -1, Err: &wire.Error{Code: wire.CodeNoTarget, Message: name}})
	}
	db := did("db", "deleted")
	db.ID = 4
	current := serve(t, ln, &fake{apps: apps, do: steps(ready, unknown(`no app "typo"`), nil)})
	on, got := collect()
	ended := make(chan error, 1)
	go func() {
		r := wire.TargetRequest{Targets: []string{"web", "typo", "db"}}
		ended <- strict(t, root).Act(bounded(t), "delete", r, on)
	}()
	wait(t, ready)
	current.stop()
	serve(t, ln, &fake{do: steps(ready, unknown("web"), unknown(`no app "typo"`), &db)})
	if err := wait(t, ended); err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range *got {
		if e.Err != nil {
			said = append(said, e.Err.Message)
			continue
		}
		said = append(said, e.App+" "+e.Did)
	}
	if want := []string{`no app "typo"`, "db deleted", "web deleted"}; !slices.Equal(said, want) {
		t.Errorf("got %q, want %q", said, want)
	}
}

func TestPatienceEnds(t *testing.T) {
	root := t.TempDir()
	ln := holder(t, root)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	c := strict(t, root)
	c.patience = 20 * time.Millisecond
	_, err := c.Ping(bounded(t))
	if err == nil || !strings.Contains(err.Error(), logName) || !errors.As(err, new(broken)) {
		t.Fatal(err)
	}
}

// Whatever else listens there is not asked again.
func TestNoForever(t *testing.T) {
	root := t.TempDir()
	ln := holder(t, root)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, "220 mail.example.org ESMTP\r\n")
			io.Copy(io.Discard, conn)
			conn.Close()
		}
	}()
	if _, err := strict(t, root).Ping(bounded(t)); err == nil || !strings.Contains(err.Error(), "220 mail") {
		t.Fatal(err)
	}
}

// A supervisor that refuses a large request without reading it is understood,
// though the request cannot be written to its end.
func TestRefusalOfALargeRequest(t *testing.T) {
	root := t.TempDir()
	ln := holder(t, root)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		conn.Read(make([]byte, 100))
		io.WriteString(conn, "HTTP/1.1 413 Content Too Large\r\n\r\n"+`{"error":{"code":"usage","message":"too large"}}`+"\n")
		conn.Close()
	}()
	env := []string{strings.Repeat("x", 4<<20)}
	on, _ := collect()
	err := strict(t, root).Start(bounded(t), wire.StartRequest{Specs: []wire.Spec{{Env: env}}}, nil, on)
	var e *wire.Error
	if !errors.As(err, &e) || e.Message != "too large" {
		t.Fatal(err)
	}
}

func TestBackoff(t *testing.T) {
	b := backoff{within: time.Hour}
	if !b.wait(t.Context()) || b.next != 0 {
		t.Errorf("the second try waits %v", b.next)
	}
	for _, want := range []time.Duration{firstWait, 2 * firstWait, 4 * firstWait} {
		if !b.wait(t.Context()) || b.next != want {
			t.Errorf("waited %v, want %v", b.next, want)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 {
		if b.wait(ended) {
			t.Fatal("goes on when its context has ended")
		}
	}
	if b.next != lastWait {
		t.Errorf("the longest wait is %v", b.next)
	}
	b.reset()
	if !b.wait(t.Context()) || b.next != 0 {
		t.Errorf("after a reset it waits %v", b.next)
	}
	b.within = 0
	b.reset()
	if b.wait(t.Context()); b.wait(t.Context()) {
		t.Error("no end")
	}
}
