//go:build unix

package ipc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds a wait for something that comes at once unless it is broken.
const patience = 30 * time.Second

// open makes a channel and the other end of it.
func open(t testing.TB) (*Channel, *os.File) {
	t.Helper()
	ours, theirs, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close() })
	return wrap(t, ours), theirs
}

func wrap(t testing.TB, f *os.File) *Channel {
	t.Helper()
	c, err := NewChannel(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

// duplicate is a copy of a channel's descriptor, as another process has one.
func duplicate(t testing.TB, c *Channel) *os.File {
	t.Helper()
	f, err := c.conn.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func write(t testing.TB, f *os.File, s string) {
	t.Helper()
	if _, err := io.WriteString(f, s); err != nil {
		t.Fatal(err)
	}
}

func expect(t testing.TB, c *Channel, want string) {
	t.Helper()
	got, err := c.Receive()
	if err != nil || string(got) != want {
		t.Fatalf("received %.200q, %v; want %.200q", got, err, want)
	}
}

func expectError(t testing.TB, c *Channel, want error) {
	t.Helper()
	if got, err := c.Receive(); !errors.Is(err, want) {
		t.Fatalf("received %.200q, %v; want %v", got, err, want)
	}
}

func TestReceive(t *testing.T) {
	c, theirs := open(t)
	write(t, theirs, `"ready"`+"\n"+`{"a":[1,2]}`+"\n3\nnull\n")
	for _, want := range []string{Ready, `{"a":[1,2]}`, "3", "null"} {
		expect(t, c, want)
	}
	theirs.Close()
	expectError(t, c, io.EOF)
	expectError(t, c, io.EOF)
}

func TestReceiveInPieces(t *testing.T) {
	c, theirs := open(t)
	for _, piece := range []string{`{"a"`, `:"`, "\xc3", "\xa9", `"`} {
		write(t, theirs, piece)
		if line, done, err := step(c); done || err != nil {
			t.Fatalf("after %q: a line %q, %v", piece, line, err)
		}
		if line, done, err := step(c); done || err != unix.EAGAIN {
			t.Fatalf("after all of %q: a line %q, %v", piece, line, err)
		}
	}
	write(t, theirs, "}\n{")
	expect(t, c, `{"a":"é"}`)
	write(t, theirs, "}\n")
	expect(t, c, "{}")
}

// step is one look at the socket, without waiting.
func step(c *Channel) (line []byte, done bool, err error) {
	if failed := c.raw.Control(func(fd uintptr) { line, done, err = c.in.step(int(fd)) }); failed != nil {
		err = failed
	}
	return line, done, err
}

func TestReceiveSkipsWhatIsNoMessage(t *testing.T) {
	c, theirs := open(t)
	long := strings.Repeat("x", MaxMessage)
	go func() {
		io.WriteString(theirs, "rest of a line\n\n{\"a\":1\n")
		io.WriteString(theirs, `"`+long+"\"\n")
		io.WriteString(theirs, `"`+long[2:]+"\"\n")
		io.WriteString(theirs, "7\n")
	}()
	for range 4 {
		expectError(t, c, ErrMalformed)
	}
	expect(t, c, `"`+long[2:]+`"`)
	expect(t, c, "7")
}

func TestReceiveAfterClose(t *testing.T) {
	c, _ := open(t)
	done := make(chan error)
	go func() {
		_, err := c.Receive()
		done <- err
	}()
	c.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
	if err := c.Send(json.RawMessage("1")); !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
}

// A program that ends with messages unread resets the connection.
func TestReset(t *testing.T) {
	c, theirs := open(t)
	if err := c.Send(json.RawMessage("1")); err != nil {
		t.Fatal(err)
	}
	write(t, theirs, "2\n")
	theirs.Close()
	expect(t, c, "2")
	expectError(t, c, io.EOF)
	if err := c.Send(json.RawMessage("3")); !errors.Is(err, ErrDisconnected) {
		t.Fatal(err)
	}
}

// What a supervisor was acting on when it was killed comes to the next one.
func TestKilledReceiver(t *testing.T) {
	c, theirs := open(t)
	write(t, theirs, Ready+"\n"+`"second"`+"\n")
	copied := duplicate(t, c)
	expect(t, c, Ready)
	c.Close() // all that is left of it is in copied

	next := wrap(t, copied)
	copied = duplicate(t, next)
	expect(t, next, Ready)
	expect(t, next, `"second"`) // so the first has been dealt with
	next.Close()

	expect(t, wrap(t, copied), `"second"`)
}

func TestInternalMessagesAreNotForUsers(t *testing.T) {
	c, theirs := open(t)
	write(t, theirs, `{"cmd":"NODE_HANDLE_ACK"}`+"\n"+`{"cmd":"NODE_CLUSTER","act":"online"}`+"\n")
	for _, user := range []string{`{"cmd":"NODE_"}`, `{"CMD":"NODE_HANDLE"}`, `{"cmd":["NODE_HANDLE"]}`, `"NODE_HANDLE"`, `{"cmd":"node_x"}`} {
		write(t, theirs, user+"\n")
		expect(t, c, user)
	}
}

// A socket that a program sends is answered for, and never kept.
func TestHandleIsNotTaken(t *testing.T) {
	c, theirs := open(t)
	for range 3 {
		rights := unix.UnixRights(int(os.Stdin.Fd()), int(os.Stdout.Fd()))
		line := `{"cmd":"NODE_HANDLE","type":"net.Socket","msg":"take it"}` + "\n"
		if err := unix.Sendmsg(int(theirs.Fd()), []byte(line), rights, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	before := descriptors(t)
	write(t, theirs, "1\n")
	expect(t, c, "1")
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
	answers := make([]byte, 3*len(`{"cmd":"NODE_HANDLE_NACK"}`+"\n"))
	if _, err := io.ReadFull(theirs, answers); err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat(`{"cmd":"NODE_HANDLE_NACK"}`+"\n", 3); string(answers) != want {
		t.Errorf("answered %q", answers)
	}
}

// descriptors counts our open descriptors, as far as that is to be had.
func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}

func TestSend(t *testing.T) {
	c, theirs := open(t)
	for _, msg := range []string{Shutdown, "{\n  \"a\": 1\n}", " 5 "} {
		if err := c.Send(json.RawMessage(msg)); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	got, err := io.ReadAll(theirs)
	if want := "\"shutdown\"\n{\"a\":1}\n5\n"; err != nil || string(got) != want {
		t.Fatalf("%q, %v", got, err)
	}
}

func TestUnsendable(t *testing.T) {
	c, theirs := open(t)
	for _, msg := range []string{"", "{", "1 2", "ready", `{"cmd":"NODE_HANDLE"}`, `{"a":1,"cmd":"\u004eODE_X"}`, `"` + strings.Repeat("x", MaxMessage) + `"`} {
		if err := c.Send(json.RawMessage(msg)); !errors.Is(err, ErrUnsendable) {
			t.Errorf("%.40q: %v", msg, err)
		}
	}
	c.Close()
	if got, err := io.ReadAll(theirs); err != nil || len(got) > 0 {
		t.Fatalf("%q, %v", got, err)
	}
}

// Sending never waits: what the program does not read waits for it, in order,
// and there is a bound to it.
func TestSendToASlowReader(t *testing.T) {
	c, theirs := open(t)
	var want bytes.Buffer
	for i := 0; ; i++ {
		msg := `"` + strings.Repeat(string(rune('a'+i%26)), 50_000+i) + `"`
		err := c.Send(json.RawMessage(msg))
		if errors.Is(err, ErrBusy) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		want.WriteString(msg + "\n")
	}
	if want.Len() < MaxMessage {
		t.Fatalf("busy after %d bytes", want.Len())
	}
	got := make([]byte, want.Len())
	if _, err := io.ReadFull(theirs, got); err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Fatalf("%d bytes, the same: %v, %v", len(got), bytes.Equal(got, want.Bytes()), err)
	}
	// It reads again, so it is sent to again: at once, or after those that wait.
	if err := c.Send(json.RawMessage("1")); err != nil {
		t.Fatal(err)
	}
	rest := make([]byte, 2)
	if _, err := io.ReadFull(theirs, rest); err != nil || string(rest) != "1\n" {
		t.Fatalf("%q, %v", rest, err)
	}
}

// What waits for a program that has ended is let go of.
func TestSendToTheDead(t *testing.T) {
	c, theirs := open(t)
	long := json.RawMessage(`"` + strings.Repeat("x", MaxMessage-2) + `"`)
	if err := c.Send(long); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	for deadline := time.Now().Add(patience); ; {
		err := c.Send(json.RawMessage("1"))
		if errors.Is(err, ErrDisconnected) {
			return
		}
		if err != nil && !errors.Is(err, ErrBusy) || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// Closing is ours alone; disconnecting is for everybody.
func TestDisconnect(t *testing.T) {
	c, theirs := open(t)
	copied := duplicate(t, c)
	c.Close()
	write(t, theirs, "1\n")

	next := wrap(t, copied)
	expect(t, next, "1")
	duplicate(t, next)
	if err := next.Disconnect(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(theirs); err != nil || len(got) > 0 {
		t.Fatalf("the program read %q, %v", got, err)
	}
	expectError(t, next, io.EOF)
	theirs.Close()
	if err := next.Disconnect(); err != nil {
		t.Fatalf("disconnect after the program: %v", err)
	}
}

func TestNewChannelOfSomethingElse(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := NewChannel(r); err == nil {
		t.Fatal("a pipe was taken for a channel")
	}
	if err := r.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("it was not closed: %v", err)
	}
}

func TestPairIsNotInherited(t *testing.T) {
	ours, theirs, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*os.File{ours, theirs} {
		flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("%s: flags %x, %v", f.Name(), flags, err)
		}
		f.Close()
	}
}

func TestEnv(t *testing.T) {
	if got := strings.Join(Env(7), " "); got != "NODE_CHANNEL_FD=7 NODE_CHANNEL_SERIALIZATION_MODE=json" {
		t.Error(got)
	}
}
