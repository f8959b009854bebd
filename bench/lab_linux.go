package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// lab is one run: where its files are, and how thorough it is.
type lab struct {
	ctx   context.Context
	dir   string // everything that is written; removed at the end
	tools string // the programs and the peers, as bench/run lays them
	quick bool
	c     bool // the programs in C are there as well
	all   []*kind
	// clients is the CPU time of the commands that were run.
	clients time.Duration
}

// pick is full, or in a quick run the other.
func pick[T any](l *lab, full, quick T) T {
	if l.quick {
		return quick
	}
	return full
}

// program is the path of one of the programs of bench/prog and bench/c.
func (l *lab) program(name string) string { return filepath.Join(l.tools, "bin", "bench-"+name) }

// languages are the variants of bench-stay, with their names for people.
func (l *lab) languages() [][2]string {
	if l.c {
		return [][2]string{{"cstay", "C"}, {"stay", "Go"}}
	}
	return [][2]string{{"stay", "Go"}}
}

// loopProgram is the leanest bare loop that could be built.
func (l *lab) loopProgram() string {
	if l.c {
		return l.program("cloop")
	}
	return l.program("loop")
}

// job is a program to be kept running.
type job struct {
	name string
	path string
	args []string // the first is the path of a file that exists
}

// session is one life of one supervisor, in a folder and with a home of its
// own. Everything in it ends with close.
type session struct {
	*lab
	dir  string
	post *post
	env  []string
}

// open begins a session with an empty environment: what a shell has collected
// is no part of the measurement.
func (l *lab) open() (*session, error) {
	dir, err := os.MkdirTemp(l.dir, "s")
	if err != nil {
		return nil, err
	}
	p, err := openPost(dir, "post")
	if err != nil {
		return nil, err
	}
	return &session{lab: l, dir: dir, post: p, env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LANG=C.UTF-8", "FOREVER_ROOT=" + filepath.Join(dir, "root"),
	}}, nil
}

// close ends every process of the session and sees that they are gone.
func (s *session) close() error {
	err := endAll(os.Getppid(), os.Getpid(), func() {})
	return errors.Join(err, s.post.close(), os.RemoveAll(s.dir))
}

// stays makes n jobs, numbered from first, that report and do nothing.
func (s *session) stays(first, n int) []job {
	var jobs []job
	for i := range n {
		jobs = append(jobs, s.job(fmt.Sprintf("app%d", first+i), "stay"))
	}
	return jobs
}

// job is one of the programs, reporting to the session's FIFO.
func (s *session) job(name, program string, more ...string) job {
	return job{name: name, path: s.program(program), args: append([]string{s.post.path}, more...)}
}

// run runs a command to its end.
func (s *session) run(args ...string) error {
	ctx, cancel := context.WithTimeout(s.ctx, 3*time.Minute)
	defer cancel()
	// A file and no pipe: a daemon may keep it, and nobody waits for that.
	said, err := os.Create(filepath.Join(s.dir, "said"))
	if err != nil {
		return err
	}
	defer said.Close()
	cmd := s.command(ctx, args)
	cmd.Stdout, cmd.Stderr = said, said
	err = cmd.Run()
	if cmd.ProcessState != nil {
		s.clients += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, lastWords(said.Name(), 300))
	}
	return nil
}

// spawn starts a command that stays.
func (s *session) spawn(args ...string) error {
	cmd := s.command(s.ctx, args)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // it is killed with the session
	return nil
}

func (s *session) command(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = s.dir, s.env
	return cmd
}

// supervisors are the processes that are there because of the supervisor.
func (s *session) supervisors() ([]int, error) {
	all, err := descendants(os.Getppid(), os.Getpid())
	var found []int
	for _, pid := range all {
		if !isProgram(pid) {
			found = append(found, pid)
		}
	}
	return found, err
}

// programs are the others.
func (s *session) programs() ([]int, error) {
	all, err := descendants(os.Getppid(), os.Getpid())
	var found []int
	for _, pid := range all {
		if isProgram(pid) {
			found = append(found, pid)
		}
	}
	return found, err
}

// write makes a file with its folders.
func (s *session) write(path, text string, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), mode)
}

// lastWords are the last n bytes of a file, for an error.
func lastWords(path string, n int) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(data[max(0, len(data)-n):]))
}
