package probe

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Message is what a program says of itself, in one datagram: sd_notify(3). It
// is a claim. MainPID above all has to be held against the processes that
// belong to the program, and PID and UID are the kernel's word for who said it.
type Message struct {
	PID int    // of the sender; 0: unknown, or not to be seen from here
	UID uint32 // of the sender; only where PID is known

	Ready     bool // it has started, or reloaded
	Reloading bool // it reads its configuration anew
	Stopping  bool // it has begun to end

	HasStatus bool
	Status    string // for people; it may be empty, which takes back an older one
	Errno     int    // why it fails; 0: not said

	MainPID int // the process that is to be regarded as the program; 0: not said

	Watchdog         bool          // it is well
	WatchdogFailed   bool          // it is not, and wants to be treated as if it had stayed silent
	WatchdogInterval time.Duration // how often it will say so from now on; 0: not said

	// ExtendTimeout is how long from now the present step, starting or
	// stopping, may still take; 0: not said.
	ExtendTimeout time.Duration
}

// parseMessage reads the lines KEY=VALUE of a datagram. What is not known is
// passed over, as sd_notify(3) has it; ok is false when nothing was known.
func parseMessage(datagram []byte) (m Message, ok bool) {
	if bytes.IndexByte(bytes.TrimRight(datagram, "\x00"), 0) >= 0 {
		return Message{}, false // no text
	}
	for line := range strings.SplitSeq(strings.TrimRight(string(datagram), "\x00"), "\n") {
		if key, value, found := strings.Cut(line, "="); found {
			ok = m.set(key, value) || ok
		}
	}
	return m, ok
}

// set takes over one assignment, if it is known and makes sense.
func (m *Message) set(key, value string) bool {
	switch key {
	case "READY":
		return setFlag(&m.Ready, value)
	case "RELOADING":
		return setFlag(&m.Reloading, value)
	case "STOPPING":
		return setFlag(&m.Stopping, value)
	case "WATCHDOG":
		if value == "trigger" {
			value = "1"
			return setFlag(&m.WatchdogFailed, value)
		}
		return setFlag(&m.Watchdog, value)
	case "STATUS":
		if !utf8.ValidString(value) {
			return false
		}
		m.HasStatus, m.Status = true, printable(value)
		return true
	case "ERRNO":
		return setNumber(&m.Errno, value)
	case "MAINPID":
		return setNumber(&m.MainPID, value)
	case "WATCHDOG_USEC":
		return setMicroseconds(&m.WatchdogInterval, value)
	case "EXTEND_TIMEOUT_USEC":
		return setMicroseconds(&m.ExtendTimeout, value)
	}
	return false
}

func setFlag(flag *bool, value string) bool {
	if value != "1" {
		return false
	}
	*flag = true
	return true
}

// setNumber takes a positive number such as a PID.
func setNumber(n *int, value string) bool {
	parsed, err := strconv.ParseInt(value, 10, 32)
	if err != nil || parsed <= 0 {
		return false
	}
	*n = int(parsed)
	return true
}

// setMicroseconds takes a positive time. One that is longer than a Duration can
// be, as systemd writes "for ever", becomes the longest.
func setMicroseconds(d *time.Duration, value string) bool {
	usec, err := strconv.ParseUint(value, 10, 64)
	if err != nil || usec == 0 {
		return false
	}
	*d = time.Duration(min(usec, math.MaxInt64/uint64(time.Microsecond))) * time.Microsecond
	return true
}

// The variables that tell a program where to send its messages, and how often.
// Whoever sets them removes those that were inherited, and whoever does not
// removes them too: they would speak of somebody else's service.
const (
	VarNotifySocket = "NOTIFY_SOCKET"
	VarWatchdogUsec = "WATCHDOG_USEC"
	VarWatchdogPID  = "WATCHDOG_PID"
)

// NotifyEnv is what a program needs in its environment to send messages to
// addr, the Addr of a [Notify]. With a watchdog it is asked to say that it is
// well within each such time; 0: it is not.
func NotifyEnv(addr string, watchdog time.Duration) []string {
	env := []string{VarNotifySocket + "=" + addr}
	if watchdog > 0 {
		env = append(env, VarWatchdogUsec+"="+strconv.FormatInt(max(watchdog.Microseconds(), 1), 10))
	}
	return env
}
