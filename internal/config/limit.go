package config

import (
	"math"
	"strconv"
	"strings"

	"forever/internal/proc"
	"forever/internal/wire"
)

// unlimited is RLIM_INFINITY as wire carries it.
const unlimited = math.MaxUint64

func setLimit(s *Settings, value string) error {
	name, text, ok := strings.Cut(value, "=")
	if !ok {
		return wrong("wants NAME=SOFT[:HARD], not %q", value)
	}
	r, err := findResource(name)
	if err != nil {
		return err
	}
	soft, hard, hasHard := strings.Cut(text, ":")
	if !hasHard {
		hard = soft
	}
	limit := wire.Limit{Resource: r.Number}
	if limit.Soft, err = parseLimit(r, soft); err != nil {
		return err
	}
	if limit.Hard, err = parseLimit(r, hard); err != nil {
		return err
	}
	if limit.Soft > limit.Hard {
		return wrong("%s: the soft limit %s is above the hard limit %s", r.Name, soft, hard)
	}
	s.Limits = append(s.Limits, limit)
	return nil
}

func findResource(name string) (proc.Resource, error) {
	key := strings.TrimPrefix(strings.ToLower(name), "rlimit_")
	var names []string
	for _, r := range proc.Resources() {
		if r.Name == key {
			return r, nil
		}
		names = append(names, r.Name)
	}
	if len(names) == 0 {
		return proc.Resource{}, wrong("cannot be used: this system has no resource limits")
	}
	return proc.Resource{}, wrong("knows no limit %q (%s)", name, strings.Join(names, ", "))
}

func parseLimit(r proc.Resource, text string) (uint64, error) {
	switch {
	case text == "unlimited" || text == "infinity":
		return unlimited, nil
	case isDigits(text):
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			return n, nil
		}
	case r.Bytes:
		if n, err := ParseSize(text); err == nil {
			return uint64(n), nil
		}
		return 0, wrong("%s wants a size or unlimited, not %q", r.Name, text)
	}
	return 0, wrong("%s wants a whole number or unlimited, not %q", r.Name, text)
}
