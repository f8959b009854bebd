package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// fixture is the program that scripts keep running: `fixture PART [ARG…]`.
//
//	sleeper                print "ready", then wait for a signal
//	crash CODE [MS]        print "bye", and end with that code, after so long
//	die SIGNAL             end by a signal (KILL, SEGV …)
//	print OUT ERR          print a line to each stream and end
//	ignore-term            print "ready"; only SIGKILL ends it
//	echo-signals CODE      print the name of each signal; SIGTERM and SIGINT end it
//	facts FILE             write what it finds around it, then sleep
//	tree FILE              have children that leave; write the PIDs of all
//	listen FILE            listen on a free port, and write it
//	once FILE CODE         end with that code unless FILE exists; make it
//	answer FILE SICK       answer HTTP on a free port, with 503 while SICK exists; write the port
//	notify FILE FIRST NEXT send FIRST to NOTIFY_SOCKET, or NEXT if FILE exists; make it, then sleep
//	without-inotify CMD    take all inotify instances away, and become a command
//
// It ends by a return or os.Exit, and prints "bad: …" where it cannot play its part.
func fixture() {
	args := os.Args[1:]
	if len(args) == 0 {
		args = []string{"sleeper"}
	}
	if err := play(args[0], args[1:]); err != nil {
		fmt.Println("bad:", err)
		os.Exit(99)
	}
}

func play(part string, args []string) error {
	at := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	switch part {
	case "sleeper":
		fmt.Println("ready")
		sleep()
	case "crash":
		return crash(at(0), at(1))
	case "die":
		// Go's runtime catches some signals; a shell dies of them.
		kill := []string{"sh", "-c", "kill -" + at(0) + " $$"}
		return unix.Exec("/bin/sh", kill, os.Environ())
	case "print":
		fmt.Println(at(0))
		fmt.Fprintln(os.Stderr, at(1))
	case "ignore-term":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		sleep()
	case "echo-signals":
		return echoSignals(at(0))
	case "facts":
		return facts(at(0))
	case "tree":
		return tree(at(0))
	case "listen":
		return listen(at(0))
	case "answer":
		return answer(at(0), at(1))
	case "notify":
		return notify(at(0), at(1), at(2))
	case "once":
		return once(at(0), at(1))
	case barePart:
		return barren(args)
	default:
		return fmt.Errorf("there is no part %q", part)
	}
	return nil
}

// sleep waits for a signal that ends the process.
func sleep() {
	for {
		time.Sleep(time.Hour)
	}
}

func crash(code, ms string) error {
	n, err := strconv.Atoi(code)
	if err != nil {
		return err
	}
	fmt.Println("bye")
	if ms != "" {
		after, err := strconv.Atoi(ms)
		if err != nil {
			return err
		}
		time.Sleep(time.Duration(after) * time.Millisecond)
	}
	os.Exit(n)
	return nil
}

func echoSignals(code string) error {
	n, err := strconv.Atoi(code)
	if err != nil {
		return err
	}
	c := make(chan os.Signal, 16)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH)
	fmt.Println("ready")
	for s := range c {
		fmt.Println("got", unix.SignalName(s.(syscall.Signal)))
		if s == syscall.SIGTERM || s == syscall.SIGINT {
			os.Exit(n)
		}
	}
	return nil
}

// surroundings are what a program finds around it.
type surroundings struct {
	PID     int               `json:"pid"`
	PPID    int               `json:"ppid"`
	Group   int               `json:"group"`
	Session int               `json:"session"`
	TTY     string            `json:"tty"` // its number as the kernel tells it; 0: none
	Cwd     string            `json:"cwd"`
	Umask   string            `json:"umask"`
	Stdin   string            `json:"stdin"`
	FDs     []string          `json:"fds"` // other open descriptors than the three
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env"`
}

func facts(file string) error {
	f := surroundings{PID: os.Getpid(), PPID: os.Getppid(), Group: unix.Getpgrp(), Args: os.Args[1:], Env: map[string]string{}}
	for _, look := range []func() error{
		func() (err error) { f.Session, err = unix.Getsid(0); return },
		func() (err error) { f.Cwd, err = os.Getwd(); return },
		func() (err error) { f.Stdin, err = os.Readlink("/proc/self/fd/0"); return },
		func() (err error) { f.TTY, err = terminalNumber(); return },
	} {
		if err := look(); err != nil {
			return err
		}
	}
	f.Umask = fmt.Sprintf("%04o", unix.Umask(0o77))
	f.FDs = strangeDescriptors()
	for _, kv := range os.Environ() {
		name, value, _ := strings.Cut(kv, "=")
		f.Env[name] = value
	}
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return show(file, string(text))
}

// terminalNumber is field 7 of proc_pid_stat(5).
func terminalNumber() (string, error) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return "", err
	}
	_, fields, _ := strings.Cut(string(stat), ") ")
	return strings.Fields(fields)[4], nil
}

// strangeDescriptors are what open descriptors beyond stderr are, but for those
// that Go's own runtime opens.
func strangeDescriptors() []string {
	list := []string{}
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, link := range links {
		to, err := os.Readlink(link)
		n, _ := strconv.Atoi(filepath.Base(link))
		if err == nil && n > 2 && !strings.HasPrefix(to, "anon_inode:") && !strings.HasPrefix(to, "/proc/") && !strings.HasPrefix(to, "/sys/") {
			list = append(list, to)
		}
	}
	return list
}

// show writes a file whole, says that it did, and sleeps.
func show(file, text string) error {
	if err := os.WriteFile(file+".tmp", []byte(text+"\n"), 0o600); err != nil {
		return err
	}
	if err := os.Rename(file+".tmp", file); err != nil {
		return err
	}
	fmt.Println("ready")
	sleep()
	return nil
}

// tree has a child in its group, one in a session of its own, and one that was
// forked twice so that nobody is its parent any more.
func tree(file string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	pids := []string{strconv.Itoa(os.Getpid())}
	for _, own := range []bool{false, true} {
		cmd := exec.Command(self, "sleeper")
		cmd.Args[0] = "fixture"
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: own}
		if err := cmd.Start(); err != nil {
			return err
		}
		pids = append(pids, strconv.Itoa(cmd.Process.Pid))
	}
	orphan, err := exec.Command("/bin/sh", "-c", `setsid "$0" sleeper >/dev/null 2>&1 & echo $!`, self).Output()
	if err != nil {
		return err
	}
	pids = append(pids, strings.TrimSpace(string(orphan)))
	signal.Ignore(syscall.SIGTERM)
	return show(file, `["`+strings.Join(pids, `","`)+`"]`)
}

func listen(file string) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer ln.Close()
	return show(file, strconv.Itoa(ln.Addr().(*net.TCPAddr).Port))
}

func once(file, code string) error {
	n, err := strconv.Atoi(code)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		fmt.Println("ready")
		sleep()
	}
	f.Close()
	os.Exit(n)
	return nil
}

func answer(file, sick string) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := os.Stat(sick); err == nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})}
	go server.Serve(ln)
	return show(file, strconv.Itoa(ln.Addr().(*net.TCPAddr).Port))
}

// notify speaks as sd_notify(3) has it; "%" stands for the end of a line. How it is
// asked for its watchdog is printed.
func notify(file, first, next string) error {
	fmt.Println("watchdog", os.Getenv("WATCHDOG_USEC"))
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		first = next
	} else {
		f.Close()
	}
	conn, err := net.Dial("unixgram", os.Getenv("NOTIFY_SOCKET"))
	if err != nil {
		return err
	}
	if _, err := conn.Write([]byte(strings.ReplaceAll(first, "%", "\n"))); err != nil {
		return err
	}
	sleep()
	return nil
}
