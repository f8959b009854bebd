package pidfile

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
)

// fullState has a value in every field.
func fullState() *State {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	return &State{
		Version: 1, WrittenAt: at, Boot: "boot", NextID: 8,
		Shim: Process{10, 100, "boot"}, Supervisor: Process{11, 101, "boot"},
		Apps: []App{
			{
				ID: 0, UID: "k3Xa", Name: `w"ö<b`, Namespace: "default", CreatedAt: at, Desired: Running, Request: "r1",
				Spec: json.RawMessage(`{"env":["A={","B=\"}]\\","C=\\"],"n":[1,[2,{}]]}`),
				Instances: []Instance{
					{
						Index: 0, Process: Process{12, 102, "boot"}, Origin: Process{9, 99, "boot"}, Status: "online", Runs: 3, Restarts: 2, Short: 1,
						StartedAt: at, Exits: json.RawMessage(`[{"code":1}]`),
					},
					{Index: 1, Status: "backoff", NextTry: at.Add(time.Second)},
				},
			},
			{ID: 7, Name: "api", Desired: Stopped, Spec: json.RawMessage(`{}`)},
		},
	}
}

func saveFull(t *testing.T) (path string, text []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "state.json")
	if err := Save(path, fullState()); err != nil {
		t.Fatal(err)
	}
	return path, []byte(readFile(t, path))
}

func TestSaveAndLoad(t *testing.T) {
	path, text := saveFull(t)
	s, err := Load(path)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if want := fullState(); !reflect.DeepEqual(s, want) {
		t.Errorf("loaded %+v\nsaved %+v", s, want)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	noFiles(t, filepath.Dir(path), "state.json")
}

// The text is an interface: older and newer versions read it.
func TestStateText(t *testing.T) {
	_, text := saveFull(t)
	want := `{"version":1,"written_at":"2026-01-02T03:04:05.678Z","boot_id":"boot","next_id":8,` +
		`"shim":{"pid":10,"start":100,"boot_id":"boot"},"supervisor":{"pid":11,"start":101,"boot_id":"boot"},"apps":[
{"id":0,"uid":"k3Xa","name":"w\"ö\u003cb","namespace":"default","created_at":"2026-01-02T03:04:05.678Z","desired":"running","request_id":"r1","instances":[` +
		`{"index":0,"process":{"pid":12,"start":102,"boot_id":"boot"},"status":"online","origin":{"pid":9,"start":99,"boot_id":"boot"},"runs":3,"restarts":2,"short":1,"started_at":"2026-01-02T03:04:05.678Z","exits":[{"code":1}]},` +
		`{"index":1,"process":{"pid":0,"start":0,"boot_id":""},"status":"backoff","runs":0,"restarts":0,"short":0,"next_try":"2026-01-02T03:04:06.678Z"}],` +
		`"spec":{"env":["A={","B=\"}]\\","C=\\"],"n":[1,[2,{}]]}},
{"id":7,"uid":"","name":"api","namespace":"","created_at":"0001-01-01T00:00:00Z","desired":"stopped","instances":[],"spec":{}}
]}
`
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestMarshalIsWhatSaveWrites(t *testing.T) {
	_, text := saveFull(t)
	var s State
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.ReplaceAll(string(text), "\n", ""); string(again) != want {
		t.Errorf("got\n%s\nwant\n%s", again, want)
	}
	for _, part := range []any{s.Apps[0], &s.Apps[0], s.Apps[0].Instances} {
		alone, err := json.Marshal(part)
		if err != nil || !strings.Contains(string(text), string(alone)) {
			t.Errorf("alone: %s, %v", alone, err)
		}
	}
}

func TestSaveFillsWhatIsZero(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	given := &State{}
	if err := Save(path, given); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(given, &State{}) {
		t.Errorf("Save changed what it was given: %+v", given)
	}
	s, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if id, _ := BootID(); s.Version != Version || s.WrittenAt.IsZero() || s.Boot != id {
		t.Errorf("%+v", s)
	}
}

const newer = `{
  "version": 7, "written_at": "2026-01-02T03:04:05Z", "boot_id": "b", "next_id": 4,
  "future": {"deep": [1, {"x": "} ] \" \\"}]}, "Version": null,
  "apps": [
    {"id": 3, "name": "web", "colour": "blue",
     "spec": {"script": "/x",
              "unknown": true},
     "instances": [{"index": 0, "status": "online", "cgroup": ["a",
       "b"], "process": {"pid": 1, "start": 2, "boot_id": "b"}}]}
  ]
}`

func TestFieldsOfANewerVersionAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	writeFile(t, path, newer)
	s, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	s.Apps[0].Instances[0].Status = "stopped"
	copied := *s // a copy carries them along
	copied.Apps = []App{s.Apps[0]}
	if err := Save(path, &copied); err != nil {
		t.Fatal(err)
	}
	var got, want map[string]any
	if err := json.Unmarshal([]byte(readFile(t, path)), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(newer), &want); err != nil {
		t.Fatal(err)
	}
	instance := func(m map[string]any) map[string]any {
		return m["apps"].([]any)[0].(map[string]any)["instances"].([]any)[0].(map[string]any)
	}
	for _, name := range []string{"version", "future", "Version"} {
		if !reflect.DeepEqual(got[name], want[name]) {
			t.Errorf("%q: %v, was %v", name, got[name], want[name])
		}
	}
	app := got["apps"].([]any)[0].(map[string]any)
	if app["colour"] != "blue" || app["spec"].(map[string]any)["unknown"] != true {
		t.Errorf("app: %v", app)
	}
	if in := instance(got); !reflect.DeepEqual(in["cgroup"], instance(want)["cgroup"]) || in["status"] != "stopped" {
		t.Errorf("instance: %v", in)
	}
	if lines := strings.Count(readFile(t, path), "\n"); lines != 3 {
		t.Errorf("%d lines, want one for the app:\n%s", lines, readFile(t, path))
	}
}

func TestNextIDIsFree(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	writeFile(t, path, `{"version":1,"next_id":2,"apps":[{"id":5},{"id":1}]}`)
	if s, err := Load(path); err != nil || s.NextID != 6 {
		t.Errorf("next id %+v, %v; want 6", s, err)
	}
}

func TestSpecThatIsNotJSON(t *testing.T) {
	path, before := saveFull(t)
	s := fullState()
	s.Apps[1].Spec = json.RawMessage(`{"a":1`)
	err := Save(path, s)
	if err == nil || !strings.Contains(err.Error(), `app "api": "spec"`) {
		t.Errorf("error %v", err)
	}
	s = fullState()
	s.Apps[0].CreatedAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := Save(path, s); err == nil || !strings.Contains(err.Error(), `app "w\"ö<b"`) {
		t.Errorf("error %v", err)
	}
	if after := readFile(t, path); after != string(before) {
		t.Errorf("the file was changed to %s", after)
	}
	noFiles(t, filepath.Dir(path), "state.json")
}

func TestUnmarshalAnything(t *testing.T) {
	for _, text := range []string{``, `null`, `[]`, `{`, `{"`, `{"apps`, `{"apps":`, `{"apps":[`, `{"apps":[{"id":1`, `{"a" 1}`, `{"a":1 "b":2}`, `{a:1}`, `{"apps":{}}`, `{"apps":[1 2]}`} {
		var s State
		if err := s.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%q was taken", text)
		}
		var m *misplaced
		if _, err := decodeState([]byte(text)); !errors.As(err, &m) {
			t.Errorf("%q: %v has no place", text, err)
		}
	}
}
