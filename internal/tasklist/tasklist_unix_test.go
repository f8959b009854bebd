//go:build unix

package tasklist

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"forever/internal/need"
)

func TestAsk(t *testing.T) {
	p := start(t, "wait")
	code, out, _ := kill(t, "/PID", strconv.Itoa(p.pid))
	if want := fmt.Sprintf("SUCCESS: Sent termination signal to the process with PID %d.\n", p.pid); code != 0 || out != want {
		t.Errorf("%d, %q, want %q", code, out, want)
	}
	<-p.ended
}

// The first process of all is root's.
func TestAccessDenied(t *testing.T) {
	need.NonRoot(t)
	var text strings.Builder
	k := killer{out: &text, err: &text}
	all, err := look()
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range all.list {
		if other.UID == 0 && other.PID > 1 {
			k.end(t.Context(), []*task{other})
			want := fmt.Sprintf("ERROR: The process with PID %d could not be terminated.\nReason: Access is denied.\n", other.PID)
			if k.code != 1 || text.String() != want {
				t.Errorf("%d, %q, want %q", k.code, text.String(), want)
			}
			return
		}
	}
	t.Skip("SKIPPED: no process of another user is here")
}
