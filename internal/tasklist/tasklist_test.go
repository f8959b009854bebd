package tasklist

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// roleEnv makes the test binary play a program.
const roleEnv = "FOREVER_TASKLIST_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleEnv)
	if role == "" {
		os.Exit(m.Run())
	}
	if role == "parent" {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), roleEnv+"=child")
		cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
		if err := cmd.Run(); err != nil {
			os.Exit(1)
		}
		return
	}
	fmt.Println(os.Getpid())
	io.Copy(io.Discard, os.Stdin)
}

// program is a copy of the test binary, under a name that nobody else has.
type program struct {
	pid, child int
	image      string
	ended      chan struct{} // closed when it has ended
}

func start(t *testing.T, role string) *program {
	t.Helper()
	exe, image := uniqueCopy(t)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), roleEnv+"="+role, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{pid: cmd.Process.Pid, image: image, ended: make(chan struct{})}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	go func() { cmd.Wait(); close(p.ended) }()
	t.Cleanup(func() { stdin.Close(); <-p.ended })
	if err != nil {
		t.Fatal(err)
	}
	p.child, _ = strconv.Atoi(strings.TrimSpace(line))
	return p
}

var copies int

// suffix of a program's file.
var suffix = map[bool]string{true: ".exe"}[runtime.GOOS == "windows"]

// uniqueCopy links the test binary under a new name, of more than 15 letters.
func uniqueCopy(t *testing.T) (path, image string) {
	t.Helper()
	copies++
	image = fmt.Sprintf("forever-tasklist-test-%d-%d", os.Getpid(), copies)
	path = filepath.Join(t.TempDir(), image+suffix)
	b, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = os.WriteFile(path, b, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path, image
}

func list(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	o, err := ParseList(args)
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	var stdout, stderr bytes.Buffer
	code = List(o, &stdout, &stderr)
	if stderr.Len() > 0 {
		t.Errorf("%q: stderr %q", args, stderr.String())
	}
	return code, stdout.String()
}

func kill(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	o, err := ParseKill(args)
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	var out, errs bytes.Buffer
	code = Kill(context.Background(), o, &out, &errs)
	return code, out.String(), errs.String()
}

func TestFormats(t *testing.T) {
	p := start(t, "wait")
	fi := "imagename eq " + strings.ToUpper(p.image) + ".EXE"
	code, out := list(t, "/FI", fi)
	lines := strings.Split(out, "\n")
	if code != 0 || len(lines) != 5 || lines[0] != "" {
		t.Fatalf("%d, %q", code, out)
	}
	if want := "Image Name                     PID Session Name        Session#    Mem Usage"; lines[1] != want {
		t.Errorf("header\n%q, want\n%q", lines[1], want)
	}
	if want := "========================= ======== ================ =========== ============"; lines[2] != want {
		t.Errorf("rule\n%q, want\n%q", lines[2], want)
	}
	if want := fmt.Sprintf("%-25.25s %8d ", p.image+suffix, p.pid); !strings.HasPrefix(lines[3], want) || !strings.HasSuffix(lines[3], " K") {
		t.Errorf("row\n%q, want\n%q…", lines[3], want)
	}

	_, out = list(t, "-fi", fi, "-fo", "csv", "-nh", "-v")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 1 || len(rows[0]) != 9 || withoutExe(rows[0][0]) != p.image || rows[0][1] != strconv.Itoa(p.pid) {
		t.Fatalf("%q, %v", out, err)
	}
	if rows[0][5] != "Running" || rows[0][8] != "N/A" || !strings.Contains(rows[0][7], ":") {
		t.Errorf("%q", rows[0])
	}

	_, out = list(t, "/fi", fi, "/Fo", "List")
	if want := fmt.Sprintf("\nImage Name:   %s", p.image); !strings.HasPrefix(out, want) || !strings.Contains(out, fmt.Sprintf("\nPID:          %d\n", p.pid)) {
		t.Errorf("%q", out)
	}
}

func TestNothingMatches(t *testing.T) {
	code, out := list(t, "/FI", "IMAGENAME eq no-such-program.exe")
	if code != 0 || out != "INFO: No tasks are running which match the specified criteria.\n" {
		t.Errorf("%d, %q", code, out)
	}
}

func TestEverything(t *testing.T) {
	code, out := list(t, "/fo", "csv", "/v")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if code != 0 || err != nil || len(rows) < 3 || rows[0][0] != "Image Name" || rows[0][8] != "Window Title" {
		t.Errorf("%d, %v, %.200q", code, err, out)
	}
}

func TestFilters(t *testing.T) {
	p := start(t, "wait")
	image := "IMAGENAME eq " + p.image
	pid := strconv.Itoa(p.pid)
	for filter, want := range map[string]bool{
		"imagename EQ " + p.image[:20] + "*":         true,
		"IMAGENAME eq *" + p.image[8:]:               true,
		"IMAGENAME ne " + p.image:                    false,
		"PID eq " + pid:                              true,
		"PID ne " + pid:                              false,
		"PID gt " + pid:                              false,
		"PID ge " + pid:                              true,
		"PID le " + pid:                              true,
		"PID lt " + pid:                              false,
		"MEMUSAGE gt 100":                            true,
		"MEMUSAGE lt 100":                            false,
		"CPUTIME lt 00:30:00":                        true,
		"CPUTIME ge 00:30:00":                        false,
		"STATUS eq running":                          true,
		"STATUS ne RUNNING":                          false,
		"STATUS eq NOT RESPONDING":                   false,
		"SESSION ge 0":                               true,
		"SESSIONNAME ne no-such":                     true,
		"WINDOWTITLE eq N/A":                         true,
		"SERVICES ne N/A":                            false,
		"USERNAME ne no-such-user":                   true,
		"USERNAME eq no-such-user":                   false,
		"  PID   eq   " + pid + " ":                  true,
		"MODULES eq no-such.so":                      false,
		"USERNAME eq " + strings.ToUpper(userOf(p)):  true,
		"USERNAME eq nobody-has-this*":               false,
		"IMAGENAME eq \"" + p.image + ".exe\"":       true,
		"CPUTIME eq 99:00:00":                        false,
		"IMAGENAME eq " + strings.ToUpper(p.image):   true,
		"SESSION eq " + strconv.Itoa(sessionOf(p)):   true,
		"SESSION ne " + strconv.Itoa(sessionOf(p)):   false,
		"SESSIONNAME eq " + sessionNameOf(p):         true,
		"SESSIONNAME ne " + sessionNameOf(p) + "xyz": true,
	} {
		_, out := list(t, "/nh", "/fi", image, "/fi", filter)
		if got := !strings.HasPrefix(out, "INFO: "); got != want {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
	}
}

func taskOf(p *program) *task {
	all, err := look()
	if err != nil {
		return nil
	}
	i := slices.IndexFunc(all.list, func(t *task) bool { return t.PID == p.pid })
	return all.list[i]
}

func userOf(p *program) string        { return taskOf(p).user() }
func sessionOf(p *program) int        { return taskOf(p).session() }
func sessionNameOf(p *program) string { return taskOf(p).sessionName() }

func TestBadFilters(t *testing.T) {
	for _, s := range []string{
		"", "PID", "PID eq", "PID eq x", "PID like 3", "NOSUCH eq 3", "IMAGENAME gt x", "STATUS eq tired",
		"CPUTIME eq 1:2", "CPUTIME eq 1:60:00", "MEMUSAGE eq -1", "PID == 3", "USERNAME lt a",
	} {
		if _, ok := parseFilter(s); ok {
			t.Errorf("%q is a filter", s)
		}
		for _, command := range []string{"list", "kill"} {
			var err error
			if command == "list" {
				_, err = ParseList([]string{"/fi", s})
			} else {
				_, err = ParseKill([]string{"/fi", s})
			}
			var text bytes.Buffer
			if err == nil || Explain(err, &text) != 1 || !strings.HasPrefix(text.String(), "ERROR: The search filter cannot be recognized.\n") {
				t.Errorf("%s %q: %q", command, s, text.String())
			}
		}
	}
}

func TestMistakes(t *testing.T) {
	for line, want := range map[string]string{
		"list /x":           "Invalid argument/option - '/x'.",
		"list x":            "Invalid argument/option - 'x'.",
		"list /":            "Invalid argument/option - '/'.",
		"list /fo":          "Value expected for '/fo'.",
		"list /fo xml":      "'xml' value is not allowed for '/fo' option.",
		"list /fo list -nh": "/NH option is allowed only",
		"list /s host":      "Other machines cannot be reached.",
		"kill":              "Neither /FI nor /PID nor /IM were specified.",
		"kill /f":           "Neither /FI nor /PID nor /IM were specified.",
		"kill /pid":         "Value expected for '/pid'.",
		"kill /pid 3 /im x": "cannot be specified together",
		"kill /im *":        "only when a filter is applied",
		"kill 33":           "Invalid argument/option - '33'.",
	} {
		words := strings.Fields(line)
		var err error
		if words[0] == "list" {
			_, err = ParseList(words[1:])
		} else {
			_, err = ParseKill(words[1:])
		}
		if err == nil {
			t.Errorf("%s: no error", line)
			continue
		}
		var text bytes.Buffer
		code := Explain(err, &text)
		if code != 1 || !strings.Contains(text.String(), want) || !strings.Contains(text.String(), "TASK"+strings.ToUpper(words[0])+" /?\" for usage.") {
			t.Errorf("%s: %d, %q", line, code, text.String())
		}
	}
}

func TestHelp(t *testing.T) {
	for _, arg := range []string{"/?", "-?", "/h", "--help"} {
		if _, out := list(t, arg); !strings.HasPrefix(out, "TASKLIST ") {
			t.Errorf("tasklist %s: %q", arg, out)
		}
		if _, out, _ := kill(t, arg); !strings.HasPrefix(out, "TASKKILL ") {
			t.Errorf("taskkill %s: %q", arg, out)
		}
	}
}

func TestKillByPID(t *testing.T) {
	a, b := start(t, "wait"), start(t, "wait")
	code, out, stderr := kill(t, "/F", "/PID", strconv.Itoa(a.pid), "-pid", strconv.Itoa(b.pid))
	want := fmt.Sprintf("SUCCESS: The process with PID %d has been terminated.\nSUCCESS: The process with PID %d has been terminated.\n", a.pid, b.pid)
	if code != 0 || out != want || stderr != "" {
		t.Errorf("%d, %q, %q, want %q", code, out, stderr, want)
	}
	<-a.ended
	<-b.ended
}

func TestKillByImage(t *testing.T) {
	for _, pattern := range []string{"%s", "%s.exe", "%s*"} {
		p := start(t, "wait")
		code, out, stderr := kill(t, "/f", "/im", strings.ToUpper(fmt.Sprintf(pattern, p.image)))
		if code != 0 || !strings.Contains(out, fmt.Sprintf("\" with PID %d has been terminated.", p.pid)) {
			t.Errorf("%s: %d, %q, %q", pattern, code, out, stderr)
		}
		<-p.ended
	}
}

func TestKillTree(t *testing.T) {
	p := start(t, "parent")
	code, out, stderr := kill(t, "/F", "/T", "/PID", strconv.Itoa(p.pid))
	want := fmt.Sprintf("SUCCESS: The process with PID %d (child process of PID %d) has been terminated.\n"+
		"SUCCESS: The process with PID %d (child process of PID %d) has been terminated.\n", p.child, p.pid, p.pid, os.Getpid())
	if code != 0 || out != want {
		t.Errorf("%d, %q, %q, want %q", code, out, stderr, want)
	}
	<-p.ended
}

func TestKillNotFound(t *testing.T) {
	for _, name := range []string{"999999999", "abc", "-1"} {
		if code, _, stderr := kill(t, "/PID", name); code != 128 || stderr != fmt.Sprintf("ERROR: The process \"%s\" not found.\n", name) {
			t.Errorf("%s: %d, %q", name, code, stderr)
		}
	}
	if code, _, stderr := kill(t, "/IM", "no-such.exe"); code != 128 || stderr != "ERROR: The process \"no-such.exe\" not found.\n" {
		t.Errorf("%d, %q", code, stderr)
	}
	p := start(t, "wait")
	if code, out, _ := kill(t, "/F", "/PID", "999999999", "/PID", strconv.Itoa(p.pid)); code != 128 || !strings.HasPrefix(out, "SUCCESS") {
		t.Errorf("one of two: %d, %q", code, out)
	}
}

func TestKillByFilter(t *testing.T) {
	p := start(t, "wait")
	code, out, _ := kill(t, "/F", "/IM", p.image, "/FI", "MEMUSAGE gt 999999999")
	if code != 0 || out != "INFO: No tasks running with the specified criteria.\n" {
		t.Errorf("%d, %q", code, out)
	}
	code, out, _ = kill(t, "/F", "/IM", "*", "/FI", "IMAGENAME eq "+p.image)
	if code != 0 || !strings.Contains(out, fmt.Sprintf("with PID %d has been terminated.", p.pid)) {
		t.Errorf("%d, %q", code, out)
	}
	<-p.ended
}

func TestNeverItself(t *testing.T) {
	code, _, stderr := kill(t, "/F", "/PID", strconv.Itoa(os.Getpid()))
	if code != 128 || !strings.Contains(stderr, "not found") {
		t.Errorf("%d, %q", code, stderr)
	}
}

func TestCritical(t *testing.T) {
	var k killer
	one := &task{}
	one.PID = 1
	if err := k.signal(one); !errors.Is(err, errCritical) {
		t.Errorf("%v", err)
	}
}

func TestRecycledPID(t *testing.T) {
	p := start(t, "wait")
	target := taskOf(p)
	target.Start--
	for _, force := range []bool{true, false} {
		k := killer{KillOptions: KillOptions{Force: force}}
		if err := k.signal(target); !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("by force %v: %v", force, err)
		}
	}
	select {
	case <-p.ended:
		t.Error("another process was ended")
	default:
	}
}

func TestWild(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"a", "A", true}, {"a", "ab", false}, {"a*", "ab", true}, {"*b", "ab", true}, {"*", "", true}, {"a*a", "a", false},
		{"a*b*c", "axxbyyc", true}, {"a*b*c", "acb", false}, {"**", "x", true}, {"", "", true}, {"ab*ba", "aba", false},
	} {
		if got := wild(c.pattern, c.s); got != c.want {
			t.Errorf("wild(%q, %q) is %v", c.pattern, c.s, got)
		}
	}
}

func TestThousandsAndClock(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	if got := clock(25*time.Hour + 62*time.Second); got != "25:01:02" {
		t.Errorf("%q", got)
	}
}

func FuzzParseList(f *testing.F) {
	for _, s := range []string{"/fi|PID eq 3|/fo|csv", "-NH|/v", "//?", "/FI|CPUTIME ge 00:00:01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := ParseList(strings.Split(s, "|"))
		if err == nil && o.Format != formatTable && o.Format != formatCSV && o.Format != formatList {
			t.Errorf("%q: format %q", s, o.Format)
		}
	})
}

func FuzzParseKill(f *testing.F) {
	for _, s := range []string{"/f|/pid|3", "-im|node*|/t", "/fi|USERNAME eq a\\b|/im|*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := ParseKill(strings.Split(s, "|"))
		if err == nil && !o.Help && len(o.PIDs)+len(o.Images)+len(o.filters) == 0 {
			t.Errorf("%q kills everything", s)
		}
	})
}
