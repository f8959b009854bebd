package config

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// evalTimeout bounds how long a config file may compute.
const evalTimeout = 30 * time.Second

// evalProgram prints what a module exports, or why it could not be loaded, as
// one JSON object in the last line. A module's own output goes to stderr.
const evalProgram = `
console.log = console.info = console.debug = console.error;
const done = (answer) => process.stdout.write('\n' + JSON.stringify(answer) + '\n', () => process.exit(0));
import(require('url').pathToFileURL(process.argv[1]).href)
  .then((m) => ('default' in m ? m.default : m))
  .then((config) => (typeof config === 'function' ? config() : config))
  .then((config) => done({ config }))
  .catch((e) => done({ error: String(e), stack: String((e && e.stack) || '') }));
`

// evalAnswer is what evalProgram prints.
type evalAnswer struct {
	Config json.RawMessage `json:"config"`
	Error  string          `json:"error"`
	Stack  string          `json:"stack"`
}

// evaluate reads a config file that is a JavaScript module with that text: node
// runs it. Where its values come from is searched for in the text.
func evaluate(path, text string) (*node, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), evalTimeout)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "node", "-e", evalProgram, absolute)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second // for a child of node that keeps the pipes
	err = cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, &FileError{Message: "needs node to be read, which was not found on PATH", Hint: "install Node.js, or write the file as JSON or YAML"}
	case ctx.Err() != nil:
		return nil, &FileError{Message: fmt.Sprintf("was still being evaluated by node after %v", evalTimeout)}
	case err != nil:
		return nil, fmt.Errorf("evaluate with node: %w: %s", err, lastLine(stderr.String()))
	}
	return evaluated(absolute, text, lastLine(stdout.String()))
}

// evaluated turns evalProgram's last line into nodes.
func evaluated(path, text, line string) (*node, error) {
	var answer evalAnswer
	if err := json.Unmarshal([]byte(line), &answer); err != nil {
		return nil, &FileError{Message: "ended node before it had exported anything"}
	}
	if answer.Error != "" {
		return nil, &syntaxError{stackPosition(path, answer.Stack), answer.Error}
	}
	if len(answer.Config) == 0 {
		return nil, &FileError{Message: "exports nothing that JSON can hold", Hint: "module.exports = { apps: [ … ] }"}
	}
	root, err := parseJSON(string(answer.Config))
	if err != nil {
		return nil, err
	}
	(&searcher{text: text, found: map[string]int{}}).place(root, position{})
	return root, nil
}

// stackPosition finds the first PATH:LINE[:COLUMN] of a file in a stack trace.
func stackPosition(path, stack string) position {
	_, after, found := strings.Cut(stack, filepath.ToSlash(path)+":")
	if !found {
		return position{}
	}
	line, rest := cutNumber(after)
	at := position{line: line}
	if strings.HasPrefix(rest, ":") {
		at.column, _ = cutNumber(rest[1:])
	}
	return at
}

// cutNumber takes a number from the front of s; 0 is none.
func cutNumber(s string) (n int, rest string) {
	digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
	n, _ = strconv.Atoi(digits) // too many digits are no line number either
	return n, s[len(digits):]
}

func lastLine(s string) string {
	s = strings.TrimRight(s, "\n")
	return s[strings.LastIndexByte(s, '\n')+1:]
}
