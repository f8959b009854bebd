package fuser

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"forever/internal/who"
)

// nameWidth is the width of the column of names.
const nameWidth = 20

// printer writes answers as psmisc does: one row per process on a terminal
// looks whole, although its PID goes to stdout and the rest to stderr.
type printer struct {
	o        *Options
	out, err io.Writer
	who.Reader
}

func (p *printer) print(answers []answer) {
	header := p.o.Verbose
	for _, a := range answers {
		switch {
		case a.err != nil:
			fmt.Fprintln(p.err, a.err)
			if port, ok := meantPort(a.name); ok {
				fmt.Fprintf(p.err, "(the port is written %s/tcp)\n", port)
			}
		case p.shows(&a):
			if header {
				fmt.Fprintf(p.err, "%*s USER        PID ACCESS COMMAND\n", nameWidth, "")
				header = false
			}
			p.answer(&a)
		case a.unseen:
			fmt.Fprintf(p.err, "%s: used by a process that you may not see; root may\n", a.name.Text)
		}
	}
}

// shows tells whether a name is worth a line.
func (p *printer) shows(a *answer) bool {
	return p.o.All || len(a.users) > 0 || p.o.Verbose && len(a.mounts) > 0
}

// meantPort tells whether somebody wrote a port like a file.
func meantPort(n Name) (string, bool) {
	base := filepath.Base(n.Text)
	_, err := strconv.ParseUint(base, 10, 16)
	return base, n.Space == files && err == nil
}

func (p *printer) answer(a *answer) {
	label := who.Printable(a.name.Text) + ":"
	if !p.o.Verbose {
		if len(a.users) > 0 {
			label = fmt.Sprintf("%-*s", nameWidth, label)
		}
		fmt.Fprint(p.err, label)
		for _, u := range a.users {
			p.short(u)
		}
		fmt.Fprintln(p.err)
		return
	}
	fmt.Fprint(p.err, label)
	column := len(label)
	for _, mount := range a.mounts {
		p.row(&column, "root", "kernel", "mount "+who.Printable(mount))
	}
	for _, u := range a.users {
		command := who.Printable(who.Name(u.Entry))
		if p.o.User {
			command = "(" + p.User(u.Entry) + ")" + command
		}
		p.row(&column, p.User(u.Entry), fmt.Sprintf(" %5d", u.PID), letters(u.access)+" "+command)
	}
	if len(a.mounts)+len(a.users) == 0 {
		fmt.Fprintln(p.err)
	}
}

// row prints a line of -v. A name that is too long for its column, and every
// further line of a name, has the column empty.
func (p *printer) row(column *int, user, pid, rest string) {
	if *column > nameWidth {
		fmt.Fprintln(p.err)
		*column = 0
	}
	fmt.Fprintf(p.err, "%*s %-8.8s ", nameWidth-*column, "", user)
	fmt.Fprint(p.out, pid)
	fmt.Fprintf(p.err, " %s\n", rest)
	*column = 0
}

// short prints a user without -v: its PID, and letters for all but open files.
func (p *printer) short(u user) {
	fmt.Fprintf(p.out, " %5d", u.PID)
	fmt.Fprint(p.err, strings.ReplaceAll(letters(u.access&^(asFile|asWriter)), ".", ""))
	if p.o.User {
		fmt.Fprintf(p.err, "(%s)", p.User(u.Entry))
	}
}

// letters is the ACCESS column: F or f, r, c, e, m, each with a dot when it is
// not so. A program that runs is mapped anyway.
func letters(a access) string {
	b := []byte(".....")
	if a&asFile != 0 {
		b[0] = 'f'
	}
	if a&asExe != 0 {
		a &^= asMap
	}
	for i, how := range []access{asWriter, asRoot, asCwd, asExe, asMap} {
		if a&how != 0 {
			b[i] = "Frcem"[i]
		}
	}
	return string(b)
}
