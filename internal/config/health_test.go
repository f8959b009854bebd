package config_test

import (
	"strings"
	"testing"

	"forever/internal/config"
)

func TestHealthOfFlags(t *testing.T) {
	caller := testCaller(t)
	const whole = ",interval=30s,timeout=5s,retries=3,start-period=0s"
	for flags, want := range map[string]string{
		"":                               "",
		"health=http:80/x":               "http:80/x" + whole,
		"health=exec:test -e a,b=c":      "exec:test -e a,b=c" + whole,
		"health=tcp:80;health=none":      "",
		"health=tcp:80,interval=1s":      "tcp:80,interval=1s,timeout=5s,retries=3,start-period=0s",
		"health=tcp:80;health-retries=1": "tcp:80,interval=30s,timeout=5s,retries=1,start-period=0s",
		"health=tcp:80,timeout=1s;health-timeout=2s;health-start-period=1m;health-interval=500": "tcp:80,interval=500ms,timeout=2s,retries=3,start-period=1m0s",
		"health-interval=1s;health=tcp:80,interval=2s":                                          "tcp:80,interval=2s,timeout=5s,retries=3,start-period=0s",
	} {
		var pairs []string
		if flags != "" {
			pairs = strings.Split(flags, ";")
		}
		s := settings(t, pairs...)
		spec, err := s.Spec(caller)
		if err != nil || spec.Health != want {
			t.Errorf("%s: %q (%v), want %q", flags, spec.Health, err, want)
		}
	}
}

func TestHealthOptionsWithoutACheck(t *testing.T) {
	for _, pair := range []string{"health-interval=1s", "health-timeout=1s", "health-retries=1", "health-start-period=1s"} {
		s := settings(t, pair)
		_, err := s.Spec(testCaller(t))
		name, _, _ := strings.Cut(pair, "=")
		if want := "--" + name + " belongs to a check, and there is none"; err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %q", pair, err, want)
		}
	}
}

func TestHealthInFiles(t *testing.T) {
	caller := testCaller(t)
	const whole = ",interval=30s,timeout=5s,retries=3,start-period=0s"
	for text, want := range map[string]string{
		`"health": "http:80/x,retries=2", "healthInterval": "1s"`:                                                           "http:80/x,interval=1s,timeout=5s,retries=2,start-period=0s",
		`"health": {"url": "http://localhost:80/x", "interval": "10s", "timeout": 500, "retries": 5, "start_period": "1m"}`: "http:localhost:80/x,interval=10s,timeout=500ms,retries=5,start-period=1m0s",
		`"health": {"url": "localhost:80/x"}`:                                                                               "http:localhost:80/x" + whole,
		`"health": {"tcp": 80}`:                                                                                             "tcp:80" + whole,
		`"health": {"exec": "a 'b c'"}`:                                                                                     "exec:a 'b c'" + whole,
		`"health": {"test": "tcp:80"}`:                                                                                      "tcp:80" + whole,
		`"healthcheck": {"test": "curl -f http://localhost/ || exit 1", "startPeriod": 5}`:                                  "exec:curl -f http://localhost/ || exit 1,interval=30s,timeout=5s,retries=3,start-period=5ms",
		`"healthcheck": {"test": ["CMD", "a", "b c"]}`:                                                                      "exec:a 'b c'" + whole,
		`"healthcheck": {"test": ["CMD-SHELL", "a | b"]}`:                                                                   "exec:a | b" + whole,
		`"healthcheck": {"test": ["NONE"]}`:                                                                                 "",
		`"healthcheck": {"test": "tcp:80", "disable": true}`:                                                                "",
		`"healthcheck": {"test": "tcp:80", "disable": false, "interval": null}`:                                             "tcp:80" + whole,
		`"health": "none"`: "",
	} {
		path := write(t, caller, "app.json", `{"script": "run.sh", `+text+`}`)
		specs, warnings := load(t, caller, path, config.LoadOptions{})
		if got := specs[0].Health; got != want || len(warnings) > 0 {
			t.Errorf("%s: %q, want %q (%v)", text, got, want, warnings)
		}
	}
}

func TestHealthMistakesInFiles(t *testing.T) {
	for text, want := range map[string]string{
		`"health": {"interval": "1s"}`:        `1:32: app "run.sh": health wants what to check: url, tcp, exec or test`,
		`"health": {"url": "https://x/"}`:     `1:40: app "run.sh": health url: "https://x/": https is not supported; exec:`,
		`"health": {"tcp": 80, "retries": 0}`: `1:55: app "run.sh": health retries: wants a whole number from 1, not "0"`,
		`"health": {"tcp": 80, "retry": 1}`:   `1:44: app "run.sh": health knows no retry (test, url`,
		`"health": {"tcp": [80]}`:             `1:40: app "run.sh": health tcp: wants a text, not an array`,
		`"health": {"test": ["curl"]}`:        `1:41: app "run.sh": health test: wants a text, or an array`,
		`"health": {"exec": "a,interval=1s"}`: `1:32: app "run": health cannot be a command that ends in an option of ours`,
		`"health": true`:                      `1:32: app "run.sh": health wants a text, not true`,
		`"health": {"tcp": 80, "disable": 3}`: `disable: wants true or false`,
		`"health": {"test": ""}`:              `test: wants a command`,
		`"healthRetries": 2`:                  `health-retries belongs to a check, and there is none`,
	} {
		caller := testCaller(t)
		path := write(t, caller, "app.json", `{"script": "run.sh", `+text+`}`)
		apps, _, err := config.Load(path, nil, config.LoadOptions{})
		if err == nil {
			_, err = apps[0].Spec(caller)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
