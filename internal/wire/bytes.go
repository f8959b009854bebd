package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Paths, arguments and variables are bytes to the system, and text to JSON. A
// byte that is no UTF-8 goes as U+0000 and its two hexadecimal digits: none of
// those strings has a zero byte of its own. What a program has printed may have
// some, so events go as they are.

// Marshal is json.Marshal that loses no byte; Unmarshal or Restore brings it back.
func Marshal(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil || !Lossy(text) {
		return text, err
	}
	return json.Marshal(Escape(v))
}

// Lossy tells whether a JSON text may have lost bytes: the encoder replaces them
// by this escape, and writes U+FFFD itself without one.
func Lossy(text []byte) bool { return bytes.Contains(text, []byte(`\ufffd`)) }

// Escape is a copy of v whose strings JSON can hold.
func Escape(v any) any { return escaped(reflect.ValueOf(v)).Interface() }

// Unmarshal is json.Unmarshal of what Marshal has made.
func Unmarshal(text []byte, v any) error {
	if err := json.Unmarshal(text, v); err != nil {
		return err
	}
	if bytes.Contains(text, []byte(`\u0000`)) {
		Restore(v)
	}
	return nil
}

// Restore gives the strings in what v points to their bytes back.
func Restore(v any) { restoreIn(reflect.ValueOf(v).Elem()) }

// escaped is a deep copy: what v holds may be in use.
func escaped(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	switch {
	case v.Kind() == reflect.String:
		c.SetString(escape(v.String()))
	case v.Kind() == reflect.Pointer && !v.IsNil():
		c.Set(reflect.New(v.Type().Elem()))
		c.Elem().Set(escaped(v.Elem()))
	case isList(v) && !v.IsNil():
		c.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			c.Index(i).Set(escaped(v.Index(i)))
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if c.Field(i).CanSet() { // it is exported
				c.Field(i).Set(escaped(v.Field(i)))
			}
		}
	}
	return c
}

// restoreIn changes v itself, which was just decoded and is nobody else's.
func restoreIn(v reflect.Value) {
	switch {
	case v.Kind() == reflect.String:
		if strings.IndexByte(v.String(), 0) >= 0 {
			v.SetString(restore(v.String()))
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		restoreIn(v.Elem())
	case isList(v):
		for i := range v.Len() {
			restoreIn(v.Index(i))
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() { // it is exported
				restoreIn(f)
			}
		}
	}
}

// isList tells slices from bytes, which are JSON already, or base64 in it.
func isList(v reflect.Value) bool {
	return v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8
}

func escape(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, "\x00%02x", s[i])
		} else {
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

func restore(s string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "\x00")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		s = after
		if len(s) < 2 {
			b.WriteByte(0)
			continue
		}
		n, err := strconv.ParseUint(s[:2], 16, 8)
		if err != nil {
			b.WriteByte(0)
			continue
		}
		b.WriteByte(byte(n))
		s = s[2:]
	}
}
