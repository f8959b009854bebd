package layers

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A page that is moved or renamed takes its links along.
func TestLinksOfThePages(t *testing.T) {
	top := filepath.Join("..", "..")
	pages, err := filepath.Glob(filepath.Join(top, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, filepath.Join(top, "README.md")) {
		checkLinks(t, page)
	}
}

// checkLinks reports each link of a page to a file that is not there.
func checkLinks(t *testing.T, page string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Error(err)
		return
	}
	for _, m := range regexp.MustCompile(`\]\(([^)#]+)`).FindAllSubmatch(text, -1) {
		link := string(m[1])
		if strings.Contains(link, "://") {
			continue
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(page), filepath.FromSlash(link))); err != nil {
			t.Errorf("%s links to %q, which is not there", page, link)
		}
	}
}
