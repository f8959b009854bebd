package render

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"forever/internal/wire"
)

var checkedAt = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestHealthText(t *testing.T) {
	for want, h := range map[string]wire.Health{
		"starting (not checked yet)":                       {Status: wire.HealthUnknown},
		"healthy (3s ago)":                                 {Status: wire.HealthGood, CheckedAt: wire.Moment{Time: checkedAt}},
		"starting: no answer (3s ago)":                     {Status: wire.HealthUnknown, Reason: "no answer", CheckedAt: wire.Moment{Time: checkedAt}},
		"unhealthy, failed once: no answer (3s ago)":       {Status: wire.HealthBad, Failures: 1, Reason: "no answer", CheckedAt: wire.Moment{Time: checkedAt}},
		"unhealthy, failed 2 times in a row: bad (3s ago)": {Status: wire.HealthBad, Failures: 2, Reason: "bad", CheckedAt: wire.Moment{Time: checkedAt}},
	} {
		if got := healthText(&h, checkedAt.Add(3*time.Second)); got != want {
			t.Errorf("%+v: %q, want %q", h, got, want)
		}
	}
}

func TestCheckText(t *testing.T) {
	for check, want := range map[string]string{
		"": "",
		"http:80/x,interval=30s,timeout=5s,retries=3,start-period=0s":         "http:80/x, interval 30s, timeout 5s, retries 3",
		"exec:a,retries=x,interval=1s,timeout=5s,retries=3,start-period=1m0s": "exec:a,retries=x, interval 1s, timeout 5s, retries 3, start-period 1m0s",
	} {
		if got := checkText(check); got != want {
			t.Errorf("%q: %q, want %q", check, got, want)
		}
	}
}

// The list tells of what runs and is not well, and of nothing else that is checked.
func TestListTellsWhoIsUnwell(t *testing.T) {
	bad := wire.Health{Status: wire.HealthBad, Failures: 1, Reason: "no answer", CheckedAt: wire.Moment{Time: checkedAt}}
	good := wire.Health{Status: wire.HealthGood, CheckedAt: wire.Moment{Time: checkedAt}}
	apps := []wire.App{{Name: "web", Status: wire.Online, Instances: []wire.Instance{
		{PID: 1, Status: wire.Online, Health: &good}, {Index: 1, PID: 2, Status: wire.Online, Health: &bad},
	}}}
	var out bytes.Buffer
	if err := Apps(Fixed(&out, 0, false), apps, checkedAt); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.HasSuffix(text, "\n\nweb:1: unhealthy, failed once: no answer\n") || strings.Contains(text, "healthy (") {
		t.Errorf("the list:\n%s", text)
	}
}
