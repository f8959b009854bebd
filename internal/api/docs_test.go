package api

import (
	"errors"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every path that we name to who asks for another is one of ours, and described.
func TestEveryPathIsDocumented(t *testing.T) {
	docs, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	_, err = new(server).route(nil, &request{url: &url.URL{Path: "/v1/nothing"}})
	var r *refusal
	if !errors.As(err, &r) {
		t.Fatalf("got %v", err)
	}
	paths := regexp.MustCompile(`/v1/[a-z-]+`).FindAllString(r.what.Hint, -1)
	if len(paths) < 10 {
		t.Errorf("only %d paths in %q", len(paths), r.what.Hint)
	}
	for _, path := range paths {
		if method, read := new(server).find(path); read == nil {
			t.Errorf("%s is not ours", path)
		} else if !regexp.MustCompile(`(?m)^\| ` + method + ` \|.*` + path + "`").MatchString(string(docs)) {
			t.Errorf("docs/api.md has no row for %s %s", method, path)
		}
		if !strings.Contains(string(docs), "http://forever"+path) && path != "/v1/reload-logs" {
			t.Errorf("docs/api.md has no example of %s", path)
		}
	}
}
