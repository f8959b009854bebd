package program

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// head is what the first bytes of a file tell about it.
type head struct {
	script bool   // it starts with #!
	line   string // the rest of that line
	binary bool   // ELF, Mach-O or PE
}

// headSize is more than Linux reads of a #! line (256 bytes).
const headSize = 512

// readHead looks at the start of a file. One that may be executed but not read
// counts as binary: only the kernel can tell.
func readHead(path string) head {
	file, err := os.Open(path)
	if err != nil {
		return head{binary: errors.Is(err, fs.ErrPermission)}
	}
	defer file.Close()
	buf := make([]byte, headSize)
	n, err := io.ReadFull(file, buf)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return head{}
	}
	return parseHead(string(buf[:n]))
}

func parseHead(start string) head {
	if rest, ok := strings.CutPrefix(start, "#!"); ok {
		line, _, _ := strings.Cut(rest, "\n")
		return head{script: true, line: line}
	}
	return head{binary: isBinary(start)}
}

// isBinary knows the formats by their magic numbers.
func isBinary(start string) bool {
	for _, magic := range []string{
		"\x7fELF",
		"\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe", // Mach-O, 32 and 64 bit, both byte orders, universal
		"MZ", // PE
	} {
		if strings.HasPrefix(start, magic) {
			return true
		}
	}
	return false
}

// interpreter returns the program that a #! line names and its arguments. For
// env(1) it is the program that env would start. Blank: there is none.
func (h head) interpreter() (name string, args []string) {
	line := strings.Trim(h.line, " \t")
	name, rest, _ := strings.Cut(line, " ")
	if i := strings.IndexByte(name, '\t'); i >= 0 {
		name, rest = name[:i], name[i+1:]+" "+rest
	}
	rest = strings.Trim(rest, " \t")
	if name == "/usr/bin/env" || name == "/bin/env" {
		return envProgram(name, rest)
	}
	if rest == "" {
		return name, nil
	}
	return name, []string{rest} // the kernel passes the rest as one argument
}

// envProgram reads the arguments of env(1) in a #! line: options, variables,
// the program and, after -S, its arguments.
func envProgram(env, rest string) (name string, args []string) {
	words := strings.Fields(strings.TrimSuffix(rest, "\r"))
	for i, word := range words {
		if strings.HasPrefix(word, "-") || strings.Contains(word, "=") {
			continue
		}
		if strings.HasSuffix(rest, "\r") && i == len(words)-1 {
			word += "\r"
		}
		return word, words[i+1:]
	}
	return env, nil
}
