package pidfile

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// manyApps is a state of n apps, each with an environment of about 8 KB.
func manyApps(tb testing.TB, n int) *State {
	tb.Helper()
	var env []string
	for i := range 160 {
		env = append(env, fmt.Sprintf("SOME_VARIABLE_%03d=/usr/local/lib/something/%d:/opt", i, i))
	}
	spec, err := json.Marshal(map[string]any{"script": "/srv/app/server.js", "env": env})
	if err != nil {
		tb.Fatal(err)
	}
	s := &State{NextID: n}
	for i := range n {
		s.Apps = append(s.Apps, App{
			ID: i, UID: "k3Xa", Name: fmt.Sprintf("app-%d", i), Namespace: "default",
			CreatedAt: time.Unix(1767323045, 0).UTC(), Desired: Running, Spec: spec,
			Instances: []Instance{{
				Process: Process{PID: 4242 + i, Start: 123456, Boot: "b"}, Status: "online", Runs: 1,
				Exits: json.RawMessage(`[{"code":1,"signal":"","at":"2026-01-02T03:04:05Z","reason":"exit code 1"}]`),
			}},
		})
	}
	return s
}

func BenchmarkSave500(b *testing.B) {
	path := filepath.Join(b.TempDir(), "state.json")
	s := manyApps(b, 500)
	b.ReportAllocs()
	for b.Loop() {
		if err := Save(path, s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad500(b *testing.B) {
	path := filepath.Join(b.TempDir(), "state.json")
	if err := Save(path, manyApps(b, 500)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(path); err != nil {
			b.Fatal(err)
		}
	}
}
