package e2e

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// lookup finds the value at a path such as `.[0].instances[1].pid`; `.` is the
// whole. A negative index counts from the end.
func lookup(v any, path string) (any, bool) {
	for _, step := range steps(path) {
		switch at := v.(type) {
		case map[string]any:
			next, ok := at[step]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, err := strconv.Atoi(step)
			if i < 0 {
				i += len(at)
			}
			if err != nil || i < 0 || i >= len(at) {
				return nil, false
			}
			v = at[i]
		default:
			return nil, false
		}
	}
	return v, true
}

func steps(path string) []string {
	path = strings.NewReplacer("[", ".", "]", "").Replace(path)
	return slices.DeleteFunc(strings.Split(path, "."), func(s string) bool { return s == "" })
}

// check compares the value at a path. OP is == or != with the text of the
// value (compact JSON for lists and objects), <, <=, > or >= for numbers, ~ for
// a regular expression, len for the length of a list, present or absent.
func check(v any, path, op string, args []string) error {
	got, ok := lookup(v, path)
	ok = ok && v != nil // an app that is not there is null as a whole
	if op == "present" || op == "absent" {
		if ok != (op == "present") {
			return fmt.Errorf("%s is not %s: %s", path, op, text(v))
		}
		return nil
	}
	if !ok {
		return fmt.Errorf("there is no %s in %s", path, text(v))
	}
	if len(args) != 1 {
		return fmt.Errorf("%s takes one value, not %q", op, args)
	}
	good, err := compare(got, op, args[0])
	if err == nil && !good {
		err = fmt.Errorf("%s is %s, not %s %s", path, text(got), op, args[0])
	}
	return err
}

func compare(got any, op, want string) (bool, error) {
	switch op {
	case "==":
		return text(got) == want, nil
	case "!=":
		return text(got) != want, nil
	case "~":
		return regexp.MatchString(want, text(got))
	case "len":
		list, ok := got.([]any)
		return ok && strconv.Itoa(len(list)) == want, nil
	}
	a, err1 := strconv.ParseFloat(text(got), 64)
	b, err2 := strconv.ParseFloat(want, 64)
	if err1 != nil || err2 != nil {
		return false, fmt.Errorf("cannot compare %s %s %s", text(got), op, want)
	}
	switch op {
	case "<":
		return a < b, nil
	case "<=":
		return a <= b, nil
	case ">":
		return a > b, nil
	case ">=":
		return a >= b, nil
	}
	return false, fmt.Errorf("there is no comparison %q", op)
}

// text is a value as a script writes it.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// decode reads one JSON value that is alone in the text.
func decode(s string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("read JSON: %w in %q", err, s)
	}
	if d.More() {
		return nil, fmt.Errorf("more than one JSON value: %q", s)
	}
	return v, nil
}

func jsonIs(ts *testscript.TestScript, args []string) error {
	v, err := decode(ts.ReadFile(args[0]))
	if err != nil {
		return err
	}
	return check(v, args[1], args[2], args[3:])
}

func jsonSet(ts *testscript.TestScript, args []string) error {
	v, err := decode(ts.ReadFile(args[1]))
	if err != nil {
		return err
	}
	got, ok := lookup(v, args[2])
	if !ok {
		return fmt.Errorf("there is no %s in %s", args[2], text(v))
	}
	ts.Setenv(args[0], text(got))
	return nil
}

// jsonKeys wants keys of an object in this order; others may stand between them.
func jsonKeys(ts *testscript.TestScript, args []string) error {
	keys, err := keysOf(json.RawMessage(ts.ReadFile(args[0])), steps(args[1]))
	if err != nil {
		return err
	}
	at := -1
	for _, want := range args[2:] {
		i := slices.Index(keys, want)
		if i <= at {
			return fmt.Errorf("%s is missing or too early in %s", want, keys)
		}
		at = i
	}
	return nil
}

// keysOf are the keys of an object, in the order of the text.
func keysOf(v json.RawMessage, path []string) ([]string, error) {
	if len(path) > 0 {
		next, err := stepInto(v, path[0])
		if err != nil {
			return nil, err
		}
		return keysOf(next, path[1:])
	}
	d := json.NewDecoder(strings.NewReader(string(v)))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("no object: %s", v)
	}
	var keys []string
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		keys = append(keys, fmt.Sprint(key))
		var skip json.RawMessage
		if err := d.Decode(&skip); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func stepInto(v json.RawMessage, step string) (json.RawMessage, error) {
	var list []json.RawMessage
	if i, err := strconv.Atoi(step); err == nil && json.Unmarshal(v, &list) == nil && i < len(list) {
		return list[i], nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(v, &object); err != nil {
		return nil, fmt.Errorf("there is no %s in %s", step, v)
	}
	return object[step], nil
}

func TestJSONPaths(t *testing.T) {
	v, err := decode(`[{"a":{"b":[1,"x",null]},"n":-2.5}]`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, op, want string }{
		{".[0].a.b[1]", "==", "x"}, {".[0].a.b[-1]", "==", "null"}, {".[0].a.b", "len", "3"},
		{".[0].a", "==", `{"b":[1,"x",null]}`}, {".[0].n", "<", "-2"}, {".[0].a.b[1]", "~", "^x$"},
	} {
		if err := check(v, c.path, c.op, []string{c.want}); err != nil {
			t.Error(err)
		}
	}
	for _, path := range []string{".[1]", ".[0].z", ".[0].n.m", ".[0].a.b[x]"} {
		if err := check(v, path, "absent", nil); err != nil {
			t.Error(err)
		}
		if check(v, path, "==", []string{""}) == nil {
			t.Errorf("%s has a value", path)
		}
	}
}
