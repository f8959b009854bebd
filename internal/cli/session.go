package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"

	"forever/internal/client"
	"forever/internal/render"
	"forever/internal/stats"
	"forever/internal/units"
	"forever/internal/wire"
)

// service is what the commands ask of a supervisor; *client.Client is the
// real one.
type service interface {
	Ping(ctx context.Context) (wire.Ping, error)
	Apps(ctx context.Context, q client.Query) ([]wire.App, bool, error)
	Wake(ctx context.Context) error
	Start(ctx context.Context, r wire.StartRequest, streams []*os.File, on func(wire.Event)) error
	Act(ctx context.Context, action string, r wire.TargetRequest, on func(wire.Event)) error
	Watch(ctx context.Context, on func(wire.Event)) error
	Kill(ctx context.Context, timeoutMS *int64, on func(wire.Event)) error
	Update(ctx context.Context, exe string, on func(wire.Event)) error
}

// session is one call of the program: its streams, what the global options
// said, and the way to the supervisor.
type session struct {
	stdin          *os.File
	stdout, stderr io.Writer
	out, err       *render.Screen

	root    string
	silent  bool
	verbose bool

	service service
	// connect makes the service of a root; visit makes one that starts nothing.
	connect, visit func(root string) service
	// sample fills in cpu, memory and ports of live instances; nil leaves zeros.
	sample func([]wire.App) error
	// ahead begins to look for what the next sample needs; nil where sample is.
	ahead func()
	// machine is where startup installs its hooks.
	machine units.Machine
}

func newSession(stdin *os.File, stdout, stderr io.Writer) *session {
	s := &session{
		stdin: stdin, stdout: stdout, stderr: stderr,
		connect: func(root string) service { return client.New(root) },
		visit:   visitor,
	}
	s.screens(render.ColorAuto)
	return s
}

// measure has one command's looks measured, however many it has.
func (s *session) measure() {
	var sampler stats.Sampler
	s.ahead = sampler.Ahead
	s.sample = func(apps []wire.App) error {
		return sampler.Fill(apps, stats.Options{CPU: true, Memory: true, Ports: true})
	}
}

func (s *session) screens(choice render.ColorChoice) {
	s.out, s.err = render.New(s.stdout, choice), render.New(s.stderr, choice)
}

// open applies the global options and prepares the service. Nothing is
// connected or started yet.
func (s *session) open(g *globals) error {
	s.silent, s.verbose = g.silent, g.verbose
	s.screens(g.color)
	root, err := rootFolder(g.root)
	if err != nil {
		return err
	}
	s.root = root
	s.service = s.connect(root)
	return nil
}

// rootFolder is the absolute path of the root: the option, $FOREVER_ROOT, or
// .forever in the home folder.
func rootFolder(option string) (string, error) {
	root := option
	if root == "" {
		root = os.Getenv("FOREVER_ROOT")
	}
	if root == "" {
		home, err := homeFolder()
		if err != nil {
			return "", &failure{err, "choose a folder with --root DIR or FOREVER_ROOT"}
		}
		root = filepath.Join(home, ".forever")
		p, err := readPrefs(root)
		if err != nil {
			return "", err
		}
		if p.Root != "" {
			root = p.Root
		}
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return "", fmt.Errorf("find the root folder: %w", err)
	}
	return root, nil
}

// homeFolder asks the environment, and the user database where a boot script
// gave no HOME.
func homeFolder() (string, error) {
	if home, err := os.UserHomeDir(); err == nil && home != "" {
		return home, nil
	}
	u, err := user.Current()
	if err != nil || u.HomeDir == "" {
		return "", errors.New("the home folder is not known")
	}
	return u.HomeDir, nil
}

// say prints a result line to stdout, unless --silent.
func (s *session) say(format string, a ...any) {
	if !s.silent {
		s.out.Note(fmt.Sprintf(format, a...))
	}
}

// note prints a line beside the result to stderr, unless --silent.
func (s *session) note(format string, a ...any) {
	if !s.silent {
		s.err.Note(fmt.Sprintf(format, a...))
	}
}

// explainStep prints a line under --verbose.
func (s *session) explainStep(format string, a ...any) {
	if s.verbose {
		s.err.Note(fmt.Sprintf(format, a...))
	}
}
