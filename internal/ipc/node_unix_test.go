//go:build unix

package ipc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"forever/internal/need"
)

// child is a real Node program with a channel.
type child struct {
	*Channel
	t   *testing.T
	cmd *exec.Cmd
	out bytes.Buffer
}

func node(t *testing.T, role string) *child {
	t.Helper()
	return program(t, "testdata/child.js", role)
}

func program(t *testing.T, args ...string) *child {
	t.Helper()
	path := need.Command(t, "node")
	ours, theirs, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	c := &child{Channel: wrap(t, ours), t: t, cmd: exec.CommandContext(t.Context(), path, args...)}
	c.cmd.Env = append(append(os.Environ(), "NODE_NO_WARNINGS=1", "PORT=0"), Env(3)...)
	c.cmd.ExtraFiles = []*os.File{theirs}
	c.cmd.Stdout, c.cmd.Stderr = &c.out, &c.out
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.cmd.Process.Kill()
		c.cmd.Wait()
	})
	return c
}

func (c *child) send(msg string) {
	c.t.Helper()
	if err := c.Send(json.RawMessage(msg)); err != nil {
		c.t.Fatal(err)
	}
}

// ends waits for the end of the program and compares what it printed.
func (c *child) ends(want string) {
	c.t.Helper()
	killer := time.AfterFunc(patience, func() { c.cmd.Process.Kill() })
	defer killer.Stop()
	if err := c.cmd.Wait(); err != nil {
		c.t.Fatalf("%v\n%s", err, c.out.Bytes())
	}
	if got := strings.TrimSpace(c.out.String()); got != want {
		c.t.Errorf("it printed %q, want %q", got, want)
	}
}

func TestNodeEchoes(t *testing.T) {
	c := node(t, "echo")
	expect(t, c.Channel, Ready)
	for _, msg := range []string{`"é\n"`, `{"n":[1,null,true]}`, "0", `"` + strings.Repeat("long ", 180_000) + `"`} {
		c.send(msg)
		expect(t, c.Channel, `{"echo":`+msg+`}`)
	}
	for range 1000 {
		c.send("1")
	}
	for range 1000 {
		expect(t, c.Channel, `{"echo":1}`)
	}
	c.send(Shutdown)
	expectError(t, c.Channel, io.EOF)
	c.ends("disconnected")
}

func TestNodeWithoutAListenerEnds(t *testing.T) {
	c := node(t, "deaf")
	expect(t, c.Channel, Ready)
	expectError(t, c.Channel, io.EOF)
	c.ends("")
}

func TestNodeListensLate(t *testing.T) {
	c := node(t, "late")
	expect(t, c.Channel, Ready)
	c.send(`"early"`)
	expect(t, c.Channel, `{"late":"early"}`)
	expectError(t, c.Channel, io.EOF)
	c.ends("")
}

func TestNodeIsDisconnected(t *testing.T) {
	c := node(t, "loyal")
	expect(t, c.Channel, Ready)
	if err := c.Disconnect(); err != nil {
		t.Fatal(err)
	}
	c.ends("connected: false")
}

// A supervisor that dies takes its copy of our end along. The program sees
// nothing of that while somebody keeps another.
func TestNodeOutlivesAChannel(t *testing.T) {
	c := node(t, "echo")
	expect(t, c.Channel, Ready)
	c.send("1")
	expect(t, c.Channel, `{"echo":1}`)
	copied := duplicate(t, c.Channel)
	c.Close()

	c.Channel = wrap(t, copied)
	expect(t, c.Channel, `{"echo":1}`) // the next one is told what the last may not have finished
	c.send("2")
	expect(t, c.Channel, `{"echo":2}`)
	c.send(Shutdown)
	expectError(t, c.Channel, io.EOF)
	c.ends("disconnected")
}

// Node offers a socket four times and then warns; what was sent after it comes.
func TestNodeSendsASocket(t *testing.T) {
	c := node(t, "giver")
	expect(t, c.Channel, `"after it"`)
	expectError(t, c.Channel, io.EOF)
	c.ends("SentHandleNotReceivedWarning")
}

func TestExampleLongSum(t *testing.T) {
	c := program(t, "../../examples/long-sum/sum.js")
	expect(t, c.Channel, Ready)
	for n, want := range map[string]string{"0": "0", "1": "1", "3000001": "4500004500001"} {
		c.send(n)
		expectField(t, c, "sum", want)
	}
	c.send(`"many"`)
	expectField(t, c, "error", "wants a whole number from 0 to 1000000000")
	c.send(Shutdown)
	expectError(t, c.Channel, io.EOF)
	c.ends("")
}

func TestExampleLongSumServer(t *testing.T) {
	c := program(t, "../../examples/long-sum/server.js")
	expect(t, c.Channel, Ready)
	c.send(`"how are you?"`)
	status := expectField(t, c, "asked", "how are you?")
	for question, want := range map[string]int{"sum?n=1000": 200, "sum?n=x": 400, "": 200, "nothing": 404} {
		answer, err := http.Get(fmt.Sprintf("http://127.0.0.1:%v/%s", status["port"], question))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != want || want == 200 && !bytes.Contains(body, []byte("500500")) && question != "" {
			t.Errorf("%q: %d, %q, %v", question, answer.StatusCode, body, err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	c.send(Shutdown)
	expectError(t, c.Channel, io.EOF)
	c.ends(fmt.Sprintf("%v listens on port %v\n%[1]v ends", status["pid"], status["port"]))
}

// expectField receives an object and compares one field.
func expectField(t *testing.T, c *child, key, want string) map[string]any {
	t.Helper()
	msg, err := c.Receive()
	var fields map[string]any
	if err == nil {
		err = json.Unmarshal(msg, &fields)
	}
	if err != nil || fields[key] != want {
		t.Fatalf("received %s, %v; want %q under %q", msg, err, want, key)
	}
	return fields
}
