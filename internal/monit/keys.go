package monit

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// key is one key that was pressed: a character, or one of the names below.
type key rune

// The keys that are no printable characters. Their numbers are no characters.
const (
	keyNone key = -iota - 1
	keyUp
	keyDown
	keyLeft
	keyRight
	keyHome
	keyEnd
	keyPageUp
	keyPageDown
	keyEnter
	keyTab
	keyEscape
	keyBackspace
	keyInterrupt // Ctrl-C
	keySuspend   // Ctrl-Z
	keyRedraw    // Ctrl-L
	keyPaste     // what follows is pasted, up to keyPasted
	keyPasted
)

// sequences are what terminals send for keys that are no characters, after ESC
// (xterm's control sequences; "O" is the application mode of the cursor keys).
var sequences = []struct {
	text string
	key  key
}{
	{"[A", keyUp}, {"[B", keyDown}, {"[C", keyRight}, {"[D", keyLeft},
	{"OA", keyUp}, {"OB", keyDown}, {"OC", keyRight}, {"OD", keyLeft},
	{"[H", keyHome}, {"[F", keyEnd}, {"OH", keyHome}, {"OF", keyEnd},
	{"[1~", keyHome}, {"[4~", keyEnd}, {"[7~", keyHome}, {"[8~", keyEnd},
	{"[5~", keyPageUp}, {"[6~", keyPageDown},
	{"[200~", keyPaste}, {"[201~", keyPasted},
}

// controls are the keys of single bytes.
func control(c byte) key {
	switch c {
	case '\r', '\n':
		return keyEnter
	case '\t':
		return keyTab
	case 0x7f, '\b':
		return keyBackspace
	case 0x03:
		return keyInterrupt
	case 0x1a:
		return keySuspend
	case 0x0c:
		return keyRedraw
	}
	return keyNone
}

// keyboard turns the bytes of a terminal into keys. Its zero value is ready.
type keyboard struct {
	part []byte // of a key whose other bytes are still to come
}

// write takes bytes and returns the keys that are complete.
func (k *keyboard) write(b []byte) (keys []key) {
	k.part = append(k.part, b...)
	for len(k.part) > 0 {
		got, n := first(k.part)
		if n == 0 {
			break
		}
		k.part = k.part[n:]
		if got != keyNone {
			keys = append(keys, got)
		}
	}
	return keys
}

// waits tells whether a key has begun: the escape key, or one that sends more.
func (k *keyboard) waits() bool { return len(k.part) > 0 }

// flush is for the moment when nothing more has come: what stands there alone
// was the escape key, and anything else is given up.
func (k *keyboard) flush() []key {
	alone := len(k.part) == 1 && k.part[0] == 0x1b
	k.part = nil
	if alone {
		return []key{keyEscape}
	}
	return nil
}

// first is the first key of b and how many bytes it has; 0: not all of them
// have come. Unknown ones are keyNone.
func first(b []byte) (key, int) {
	switch {
	case b[0] == 0x1b:
		return sequence(b)
	case b[0] < ' ' || b[0] == 0x7f:
		return control(b[0]), 1
	case !utf8.FullRune(b):
		return keyNone, 0
	}
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError || !unicode.IsPrint(r) {
		return keyNone, n
	}
	return key(r), n
}

// sequence is first for what begins with ESC.
func sequence(b []byte) (key, int) {
	if len(b) == 1 {
		return keyNone, 0
	}
	for _, s := range sequences {
		if bytes.HasPrefix(b[1:], []byte(s.text)) {
			return s.key, 1 + len(s.text)
		}
	}
	switch b[1] {
	case 0x1b: // the escape key, and then another one
		return keyEscape, 1
	case '[':
		return unknown(b)
	case 'O':
		if len(b) == 2 {
			return keyNone, 0
		}
		return keyNone, 3
	}
	return keyNone, 2 // Alt and a character
}

// unknown is the length of a control sequence that means nothing to us:
// parameters up to a final byte (ECMA-48, 5.4).
func unknown(b []byte) (key, int) {
	for i := 2; i < len(b); i++ {
		if b[i] >= 0x40 && b[i] <= 0x7e {
			return keyNone, i + 1
		}
	}
	if len(b) > longest {
		return keyNone, len(b)
	}
	return keyNone, 0
}

// longest bounds a control sequence.
const longest = 64
