package config

import (
	"math"
	"strconv"
	"strings"

	"forever/internal/wire"
)

// unlimited is RLIM_INFINITY as wire carries it.
const unlimited = math.MaxUint64

// resource is one kind of limit, by the name that ulimit, Docker and systemd
// use: RLIMIT_NAME of setrlimit(2) in small letters.
type resource struct {
	name   string
	number int
	bytes  bool // its value may be written as a size
}

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
	limit := wire.Limit{Resource: r.number}
	if limit.Soft, err = r.parse(soft); err != nil {
		return err
	}
	if limit.Hard, err = r.parse(hard); err != nil {
		return err
	}
	if limit.Soft > limit.Hard {
		return wrong("%s: the soft limit %s is above the hard limit %s", r.name, soft, hard)
	}
	s.Limits = append(s.Limits, limit)
	return nil
}

func findResource(name string) (resource, error) {
	key := strings.TrimPrefix(strings.ToLower(name), "rlimit_")
	var names []string
	for _, r := range resources() {
		if r.name == key {
			return r, nil
		}
		names = append(names, r.name)
	}
	if len(names) == 0 {
		return resource{}, wrong("cannot be used: this system has no resource limits")
	}
	return resource{}, wrong("knows no limit %q (%s)", name, strings.Join(names, ", "))
}

func (r resource) parse(text string) (uint64, error) {
	switch {
	case text == "unlimited" || text == "infinity":
		return unlimited, nil
	case isDigits(text):
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			return n, nil
		}
	case r.bytes:
		if n, err := ParseSize(text); err == nil {
			return uint64(n), nil
		}
		return 0, wrong("%s wants a size or unlimited, not %q", r.name, text)
	}
	return 0, wrong("%s wants a whole number or unlimited, not %q", r.name, text)
}
