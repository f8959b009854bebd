package render

import (
	"fmt"
	"strings"
	"time"

	"forever/internal/wire"
)

// healthText says what the checks of an instance have found.
func healthText(c *wire.Health, now time.Time) string {
	text := c.Status
	if c.CheckedAt.IsZero() {
		return text + " (not checked yet)"
	}
	if c.Failures > 0 {
		text += inARow(c.Failures)
	}
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	return text + " (" + Duration(now.Sub(c.CheckedAt.Time)) + " ago)"
}

func healthStyle(c *wire.Health) Style {
	switch c.Status {
	case wire.HealthGood:
		return Green
	case wire.HealthBad:
		return Red
	}
	return Plain
}

// Unwell says what is wrong with an instance that runs and whose checks fail, or
// "".
func Unwell(in *wire.Instance) string {
	if in.PID == 0 || in.Health == nil || in.Health.Status != wire.HealthBad {
		return ""
	}
	return in.Health.Status + inARow(in.Health.Failures) + ": " + in.Health.Reason
}

func inARow(failures int) string {
	if failures == 1 {
		return ", failed once"
	}
	return fmt.Sprintf(", failed %d times in a row", failures)
}

// checkText is a check as the supervisor has it, with spaces between its parts.
func checkText(check string) string {
	for _, name := range []string{"interval", "timeout", "retries", "start-period"} {
		option := "," + name + "="
		if i := strings.LastIndex(check, option); i >= 0 { // a command may have the like
			check = check[:i] + ", " + name + " " + check[i+len(option):]
		}
	}
	return strings.TrimSuffix(check, ", start-period 0s")
}
