//go:build unix

package ipc

import (
	"bytes"
	"encoding/json"
	"io"
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
	path := need.Command(t, "node")
	ours, theirs, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	c := &child{Channel: wrap(t, ours), t: t, cmd: exec.CommandContext(t.Context(), path, "testdata/child.js", role)}
	c.cmd.Env = append(append(os.Environ(), "NODE_NO_WARNINGS=1"), Env(3)...)
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
