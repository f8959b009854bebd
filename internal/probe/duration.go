package probe

import (
	"fmt"
	"strings"
	"time"
)

// parseDuration reads a duration as everywhere in forever: a bare number is
// milliseconds. It may be zero but not negative.
func parseDuration(s string) (time.Duration, error) {
	text := s
	if text != "" && strings.Trim(text, "0123456789") == "" {
		text += "ms"
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("wants a duration such as 500ms, 2s or 1m30s (a bare number is milliseconds), not %q", s)
	}
	return d, nil
}
