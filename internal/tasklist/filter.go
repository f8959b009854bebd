package tasklist

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// filter is one parsed /FI: a task passes it or not.
type filter func(*task) bool

// number compares with the six operators.
func number[T cmp.Ordered](of func(*task) T, op string, want T) filter {
	return func(t *task) bool {
		c := cmp.Compare(of(t), want)
		switch op {
		case "eq":
			return c == 0
		case "ne":
			return c != 0
		case "gt":
			return c > 0
		case "lt":
			return c < 0
		case "ge":
			return c >= 0
		default:
			return c <= 0
		}
	}
}

// text matches a pattern with eq and ne; of several names one is enough.
func text(of func(*task) []string, op, pattern string) filter {
	return func(t *task) bool {
		match := slices.ContainsFunc(of(t), func(s string) bool { return wild(pattern, s) })
		return match == (op == "eq")
	}
}

// errFilter is tasklist's answer to a filter that it does not understand.
const errFilter = "The search filter cannot be recognized."

// parseFilter reads "NAME OP VALUE", e.g. "IMAGENAME eq node.exe".
func parseFilter(s string) (filter, bool) {
	name, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	op, value, _ := strings.Cut(strings.TrimSpace(rest), " ")
	name, op, value = strings.ToUpper(name), strings.ToLower(op), strings.Trim(strings.TrimSpace(value), `"`)
	if value == "" {
		return nil, false
	}
	switch op {
	case "eq", "ne":
		if f, ok := textFilter(name, op, value); ok {
			return f, true
		}
		return numberFilter(name, op, value)
	case "gt", "lt", "ge", "le":
		return numberFilter(name, op, value)
	}
	return nil, false
}

func textFilter(name, op, value string) (filter, bool) {
	switch name {
	case "IMAGENAME":
		return text(imageNames, op, withoutExe(strings.ToLower(value))), true
	case "USERNAME":
		return text(userNames, op, value), true
	case "SESSIONNAME":
		return text(one((*task).sessionName), op, value), true
	case "MODULES":
		return text((*task).modules, op, value), true
	case "WINDOWTITLE", "SERVICES":
		return text(one(func(*task) string { return none }), op, value), true
	case "STATUS":
		known := slices.ContainsFunc([]string{running, suspended, notResponding, unknown}, func(s string) bool {
			return strings.EqualFold(s, value)
		})
		return text(one((*task).status), op, value), known
	}
	return nil, false
}

func one(of func(*task) string) func(*task) []string {
	return func(t *task) []string { return []string{of(t)} }
}

// imageNames are a task's names in small letters, without ".exe".
func imageNames(t *task) []string {
	names := slices.Clone(t.allNames())
	for i, name := range names {
		names[i] = withoutExe(strings.ToLower(name))
	}
	return names
}

// userNames are the user's name with and without its domain.
func userNames(t *task) []string {
	user := t.user()
	return []string{user, user[strings.LastIndexByte(user, '\\')+1:]}
}

func numberFilter(name, op, value string) (filter, bool) {
	if name == "CPUTIME" {
		d, ok := parseClock(value)
		return number((*task).cpu, op, d), ok
	}
	n, err := strconv.ParseUint(value, 10, 63)
	if err != nil {
		return nil, false
	}
	switch name {
	case "PID":
		return number(func(t *task) uint64 { return uint64(t.PID) }, op, n), true
	case "SESSION":
		return number(func(t *task) uint64 { return uint64(t.session()) }, op, n), true
	case "MEMUSAGE":
		return number((*task).memory, op, n), true
	}
	return nil, false
}

// parseClock reads hh:mm:ss.
func parseClock(s string) (time.Duration, bool) {
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return 0, false
	}
	var seconds uint64
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || i > 0 && n > 59 {
			return 0, false
		}
		seconds = seconds*60 + n
	}
	return time.Duration(seconds) * time.Second, true
}

// wild matches s with a pattern in which * stands for anything, whatever the
// case of the letters.
func wild(pattern, s string) bool {
	parts := strings.Split(strings.ToLower(pattern), "*")
	s = strings.ToLower(s)
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return s == first
	}
	if !strings.HasPrefix(s, first) || !strings.HasSuffix(s[len(first):], last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}

// filters are all that were given; a task has to pass every one.
type filters []filter

func (all filters) pass(t *task) bool {
	for _, f := range all {
		if !f(t) {
			return false
		}
	}
	return true
}

// add reads the value of a /FI.
func (all *filters) add(a *arguments) error {
	value, err := a.value("FI")
	if err != nil {
		return err
	}
	f, ok := parseFilter(value)
	if !ok {
		return a.errorf(errFilter)
	}
	*all = append(*all, f)
	return nil
}
