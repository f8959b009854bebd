package logs

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

func init() { roles["pump"] = rolePump }

// rolePump pumps descriptor 3 into a file until it is killed or its stdin ends.
// args are the file, from which size on it is put aside, keeping how many, and
// a time format for its lines. For each byte of stdin it drains the pipe and answers with one.
func rolePump(args string) {
	p, err := NewPump()
	if err == nil {
		sink := Sink{}
		format := ""
		fmt.Sscan(args, &sink.Path, &sink.Rotate.Size, &sink.Rotate.Files, &format)
		if format != "" {
			sink.Lines = &Lines{Time: format}
		}
		p.e.young = 0 // compress at once
		err = p.Attach("a", os.NewFile(3, "pipe"), sink)
	}
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	for b := make([]byte, 1); ; {
		if _, err := io.ReadFull(os.Stdin, b); err != nil {
			return
		}
		p.Drain("a")
		os.Stdout.Write(b)
	}
}

// pumpProcess is a supervisor as far as logs are concerned.
type pumpProcess struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out io.Reader
}

func startPump(t *testing.T, r *os.File, args string) *pumpProcess {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LOGS_TEST_ROLE=pump", "LOGS_TEST_ARGS="+args)
	cmd.ExtraFiles = []*os.File{r}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &pumpProcess{cmd, in, out}
}

func (p *pumpProcess) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

func (p *pumpProcess) drain(t *testing.T) {
	t.Helper()
	p.in.Write([]byte("d"))
	if _, err := io.ReadFull(p.out, make([]byte, 1)); err != nil {
		t.Fatal("the pump ended: ", err)
	}
}

// feedMarked writes data into w in pieces of random lengths and tells when it
// has come to each of the marks.
func feedMarked(w *os.File, data []byte, marks []int, reached chan<- struct{}) error {
	for at := 0; at < len(data); {
		longest := 1 << rand.IntN(18)
		n := min(1+rand.IntN(longest), len(data)-at)
		if _, err := w.Write(data[at : at+n]); err != nil {
			return err
		}
		for at += n; len(marks) > 0 && marks[0] <= at; marks = marks[1:] {
			reached <- struct{}{}
		}
	}
	return nil
}

// TestKilledAtAnyMoment kills the pump 30 times while a program writes. What the
// program has written has to be in the file, all of it and once.
func TestKilledAtAnyMoment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	killAtAnyMoment(t, path, path, wantWhole)
}

func wantWhole(t *testing.T, got, data []byte) {
	if bytes.Equal(got, data) {
		return
	}
	at := 0
	for at < min(len(got), len(data)) && got[at] == data[at] {
		at++
	}
	t.Fatalf("%d bytes of %d; they differ from byte %d on", len(got), len(data), at)
}

// TestKilledBetweenLines has the last chunk before each kill twice at most, and
// loses no line.
func TestKilledBetweenLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	killAtAnyMoment(t, path, path+" 1000000 1000 T", func(t *testing.T, got, data []byte) {
		next, again := 0, 0
		for line := range bytes.Lines(got) {
			var n int
			if _, err := fmt.Sscanf(string(line), "T: %09d ", &n); err != nil || n > next {
				if n > next {
					t.Fatalf("line %d is followed by %.50q", next-1, line)
				}
				continue // cut by a kill, and written again
			}
			if n < next {
				again += len(line)
			}
			next = max(next, n+1)
		}
		if total := bytes.Count(data, []byte("\n")); next != total {
			t.Errorf("%d lines of %d", next, total)
		}
		if again > kills*2*chunkText {
			t.Errorf("%d bytes twice", again)
		}
	})
}

// TestKilledWhileRotating is the same while the file is put aside all the time
// and older ones are compressed.
func TestKilledWhileRotating(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	killAtAnyMoment(t, path, path+" 300000 100000", wantWhole)
	list, err := olderParts(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if b := contentOf(t, p); len(b) < 300000 || b[len(b)-1] != '\n' {
			t.Errorf("%s has %d bytes", p.path, len(b))
		}
	}
}

const kills = 30

func killAtAnyMoment(t *testing.T, path, args string, check func(t *testing.T, got, data []byte)) {
	data := numbered(50 << 20)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	marks := make([]int, kills)
	for i := range marks {
		marks[i] = 1 + rand.IntN(len(data)-1)
	}
	slices.Sort(marks)
	reached, written := make(chan struct{}, kills), make(chan error, 1)
	go func() { written <- feedMarked(w, data, marks, reached) }()

	pump := startPump(t, r, args)
	for range kills {
		<-reached
		pump.kill()
		pump = startPump(t, r, args)
	}
	if err := <-written; err != nil {
		pump.kill()
		t.Fatal(err)
	}
	pump.drain(t)
	pump.kill() // which compresses older files still
	check(t, wholeLog(t, path), data)
}
