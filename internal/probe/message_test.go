package probe

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestParseMessage(t *testing.T) {
	const longest = math.MaxInt64 / 1000 * time.Microsecond
	for datagram, want := range map[string]Message{
		"READY=1":                                  {Ready: true},
		"READY=1\n":                                {Ready: true},
		"READY=1\x00":                              {Ready: true},
		"\nSTOPPING=1\n\n":                         {Stopping: true},
		"RELOADING=1\nMONOTONIC_USEC=77":           {Reloading: true},
		"STATUS=serving 3 of 5 = 60%\nREADY=1":     {Ready: true, HasStatus: true, Status: "serving 3 of 5 = 60%"},
		"STATUS=":                                  {HasStatus: true},
		"STATUS=\x1b[2Jé\t\u202e":                  {HasStatus: true, Status: "[2Jé"},
		"STATUS=\xff\nREADY=1":                     {Ready: true},
		"ERRNO=13\nMAINPID=4242":                   {Errno: 13, MainPID: 4242},
		"MAINPID=0\nERRNO=-1\nREADY=1":             {Ready: true},
		"MAINPID=99999999999\nREADY=1":             {Ready: true},
		"WATCHDOG=1":                               {Watchdog: true},
		"WATCHDOG=trigger":                         {WatchdogFailed: true},
		"WATCHDOG_USEC=2500000":                    {WatchdogInterval: 2500 * time.Millisecond},
		"EXTEND_TIMEOUT_USEC=18446744073709551615": {ExtendTimeout: longest},
		"READY=1\nREADY=0":                         {Ready: true},
		"READY=1\nX_UNKNOWN=1\nnonsense\n=":        {Ready: true},
	} {
		if got, ok := parseMessage([]byte(datagram)); !ok || got != want {
			t.Errorf("%q is %+v, %v; want %+v", datagram, got, ok, want)
		}
	}
	for _, datagram := range []string{"", "\n", "\x00", "READY", "READY=0", "READY=yes", " READY=1", "ready=1", "BARRIER=1",
		"READY=1\x00\nREADY=1", "WATCHDOG_USEC=0", "WATCHDOG_USEC=-1", "WATCHDOG_USEC=99999999999999999999", "STATUS=\xff"} {
		if got, ok := parseMessage([]byte(datagram)); ok {
			t.Errorf("%q is %+v", datagram, got)
		}
	}
}

func TestNotifyEnv(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:               "NOTIFY_SOCKET=/run/x",
		time.Nanosecond: "NOTIFY_SOCKET=/run/x WATCHDOG_USEC=1",
		3 * time.Second: "NOTIFY_SOCKET=/run/x WATCHDOG_USEC=3000000",
	} {
		if got := strings.Join(NotifyEnv("/run/x", d), " "); got != want {
			t.Errorf("%v: %q", d, got)
		}
	}
}

func FuzzParseMessage(f *testing.F) {
	f.Add([]byte("READY=1\nSTATUS=a\x1b[0m\nMAINPID=1\nEXTEND_TIMEOUT_USEC=18446744073709551615"))
	f.Add([]byte("WATCHDOG=trigger\x00"))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		m, ok := parseMessage(datagram)
		if !ok && m != (Message{}) {
			t.Fatalf("%q says %+v and is no message", datagram, m)
		}
		if m.MainPID < 0 || m.Errno < 0 || m.WatchdogInterval < 0 || m.ExtendTimeout < 0 {
			t.Fatalf("%q has a negative number: %+v", datagram, m)
		}
		if !utf8.ValidString(m.Status) || strings.ContainsFunc(m.Status, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("%q has the status %q", datagram, m.Status)
		}
	})
}
