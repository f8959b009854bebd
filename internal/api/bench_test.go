package api

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"forever/internal/sock"
	"forever/internal/wire"
)

// manyApps are n apps with one instance each.
func manyApps(n int) []wire.App {
	var apps []wire.App
	for i := range n {
		apps = append(apps, wire.App{
			ID: i, Name: fmt.Sprintf("app-%d", i), Namespace: "default", UID: "k3Xa", Status: wire.Online,
			Script: "/srv/app/server.js", Interpreter: "/usr/bin/node", Cwd: "/srv/app", OutFile: "/srv/logs/app-out.log",
			Spec:      &wire.Spec{Name: fmt.Sprintf("app-%d", i), Env: make([]string, 160)},
			Instances: []wire.Instance{{PID: 4242 + i, Status: wire.Online, StartedAt: wire.Moment{Time: time.Unix(1767323045, 0)}}},
		})
	}
	return apps
}

// BenchmarkApps100 is what list asks for: 100 apps, over a new connection.
func BenchmarkApps100(b *testing.B) {
	root := b.TempDir()
	ln, err := sock.Listen(root)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, ln, &fake{apps: manyApps(100)}) }()
	defer func() { cancel(); <-done }()
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return sock.Dial(ctx, root) },
	}}
	b.ReportAllocs()
	for b.Loop() {
		answer, err := client.Get("http://forever/v1/apps")
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK {
			b.Fatalf("%s: %v", answer.Status, err)
		}
		b.SetBytes(n)
	}
}
