//go:build unix

package cli

import (
	"bufio"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"forever/internal/wire"
)

// listen has "rs" and Enter start watched apps anew, as in nodemon. The reader
// ends with us: nothing interrupts a read of a terminal.
func (f *foreground) listen() {
	watching := slices.ContainsFunc(f.request.Specs, func(s wire.Spec) bool { return s.Watch != nil && s.Watch.On })
	if !watching || !ownsTerminal() {
		return
	}
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			if strings.TrimSpace(lines.Text()) == "rs" {
				f.tell(news{origin: ofKeys})
			}
		}
	}()
}

// ownsTerminal: stdin is a terminal, and we may read it without being stopped.
func ownsTerminal() bool {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return false
	}
	group, err := unix.IoctlGetInt(int(os.Stdin.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
