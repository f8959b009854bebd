package program

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// errQuote is what Split says about a line that ends too early.
var errQuote = errors.New("a quote is never closed")

// Split cuts a line into words as a POSIX shell does, without expanding
// anything: blanks separate, single quotes keep everything, double quotes and
// backslashes keep the next character.
func Split(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	inWord, escaped := false, false
	for _, r := range line {
		switch {
		case escaped:
			if quote == '"' && !strings.ContainsRune("\"\\$`", r) {
				word.WriteByte('\\') // inside double quotes it only escapes these
			}
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case strings.ContainsRune(" \t\r\n", r):
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 || escaped {
		return nil, errQuote
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// Quote writes a word so that a shell reads it as one.
func Quote(word string) string {
	if word != "" && !strings.ContainsFunc(word, needsQuote) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// needsQuote reports the characters that a shell may take for its own.
func needsQuote(r rune) bool {
	return r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_@%+=:,./-", r)
}
