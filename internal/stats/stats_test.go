package stats

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"forever/internal/proc"
	"forever/internal/wire"
)

// roleEnv makes the test binary play a program.
const roleEnv = "FOREVER_STATS_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleEnv)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := play(role); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// play says on stdout what the test waits for, and ends with its stdin.
func play(role string) error {
	switch role {
	case "parent":
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), roleEnv+"=listen")
		cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
		return cmd.Run()
	case "listen":
		ports, err := listen()
		if err != nil {
			return err
		}
		fmt.Println(ports)
	case "burn":
		return burn()
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// listen opens two TCP listeners on one port, where there is IPv6, one on
// another, and a UDP socket.
func listen() (string, error) {
	a, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	b, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	if _, err = net.ListenPacket("udp4", "127.0.0.1:0"); err != nil {
		return "", err
	}
	ports := []int{a.Addr().(*net.TCPAddr).Port, b.Addr().(*net.TCPAddr).Port}
	net.Listen("tcp6", "[::1]:"+strconv.Itoa(ports[0]))
	slices.Sort(ports)
	return fmt.Sprint(ports), nil
}

// burn uses the cpu for each line of stdin until the kernel counts it.
func burn() error {
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		before, err := used()
		for now := before; err == nil && now < before+50*time.Millisecond; {
			now, err = used()
		}
		if err != nil {
			return err
		}
		fmt.Println("done")
	}
	return nil
}

// used is the processor time of this process.
func used() (time.Duration, error) {
	table, err := proc.Snapshot()
	if err != nil {
		return 0, err
	}
	me, _ := table.Get(os.Getpid())
	u, _ := Meter([]proc.Entry{me})(me)
	return u.CPU, nil
}

// program is a program under test and the instance that describes it.
type program struct {
	wire.Instance
	stdin io.WriteCloser
	out   *bufio.Scanner
	cmd   *exec.Cmd
	said  string // its first line
}

func start(t testing.TB, role string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), roleEnv+"="+role, "GORACE=atexit_sleep_ms=0")
	p.cmd.Stderr = os.Stderr
	p.stdin, _ = p.cmd.StdinPipe()
	stdout, _ := p.cmd.StdoutPipe()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.end)
	p.out = bufio.NewScanner(stdout)
	p.said = p.hear(t)
	table, err := proc.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	e, _ := table.Get(p.cmd.Process.Pid)
	p.Instance = wire.Instance{PID: e.PID, Start: e.Start}
	return p
}

func (p *program) hear(t testing.TB) string {
	t.Helper()
	if !p.out.Scan() {
		t.Fatal("the program said nothing")
	}
	return p.out.Text()
}

func (p *program) end() {
	p.stdin.Close()
	p.cmd.Wait()
}

// fill measures one instance.
func fill(t testing.TB, inst wire.Instance) wire.Instance {
	t.Helper()
	apps := []wire.App{{Instances: []wire.Instance{inst}}}
	if err := Fill(apps, Options{CPU: true, Memory: true, Ports: true}); err != nil {
		t.Fatal(err)
	}
	return apps[0].Instances[0]
}

func TestPortsAndMemory(t *testing.T) {
	for _, role := range []string{"listen", "parent"} {
		t.Run(role, func(t *testing.T) {
			p := start(t, role)
			got := fill(t, p.Instance)
			if ports := fmt.Sprint(got.Ports); ports != p.said {
				t.Errorf("ports %s, want %s", ports, p.said)
			}
			if got.MemoryBytes < 1<<20 {
				t.Errorf("%d bytes of memory: less than any Go program has", got.MemoryBytes)
			}
		})
	}
}

func TestNotBelieved(t *testing.T) {
	p := start(t, "listen")
	for name, inst := range map[string]wire.Instance{
		"another start":         {PID: p.PID, Start: p.Start + 1},
		"too young":             {PID: p.PID, UptimeMS: time.Hour.Milliseconds()},
		"no process":            {},
		"nobody's PID":          {PID: 0x7ffffff0, Start: 1},
		"left from another run": {PID: p.PID, Start: p.Start + 1, Ports: []int{1}, MemoryBytes: 1, CPUPercent: 1},
	} {
		got := fill(t, inst)
		if got.Ports == nil || len(got.Ports) > 0 || got.MemoryBytes != 0 || got.CPUPercent != 0 {
			t.Errorf("%s: %+v, want nothing used and ports that are not null", name, got)
		}
	}
	got := fill(t, wire.Instance{PID: p.PID, UptimeMS: 1})
	if got.MemoryBytes == 0 {
		t.Error("without a start time in the record: nothing is found")
	}
}

func TestOnlyWhatIsAsked(t *testing.T) {
	p := start(t, "listen")
	for _, o := range []Options{{}, {CPU: true}, {Memory: true}, {Ports: true}} {
		apps := []wire.App{{Instances: []wire.Instance{p.Instance}}}
		if err := Fill(apps, o); err != nil {
			t.Fatal(err)
		}
		got := apps[0].Instances[0]
		if (got.Ports != nil) != o.Ports || (got.MemoryBytes > 0) != o.Memory || got.CPUPercent > 0 && !o.CPU {
			t.Errorf("%+v: %+v", o, got)
		}
	}
}

func TestSampler(t *testing.T) {
	p := start(t, "burn")
	apps := []wire.App{{Instances: []wire.Instance{p.Instance}}}
	var s Sampler
	for range 3 {
		fmt.Fprintln(p.stdin)
		p.hear(t)
		if err := s.Fill(apps, Options{CPU: true}); err != nil {
			t.Fatal(err)
		}
		if got := apps[0].Instances[0].CPUPercent; got <= 0 {
			t.Errorf("%v %% after a busy time", got)
		}
	}
}

// A look that was begun before a program was started has missed it.
func TestAhead(t *testing.T) {
	var s Sampler
	before := start(t, "listen")
	for _, younger := range []bool{false, true, true} {
		apps := []wire.App{{Instances: []wire.Instance{before.Instance}}}
		s.Ahead()
		if younger {
			s.ahead <- <-s.ahead // that look is over
			apps = append(apps, wire.App{Instances: []wire.Instance{start(t, "listen").Instance}})
		}
		if err := s.Fill(apps, Options{Memory: true, Ports: true}); err != nil {
			t.Fatal(err)
		}
		for _, a := range apps {
			if in := a.Instances[0]; in.MemoryBytes == 0 || len(in.Ports) == 0 {
				t.Errorf("younger %v: %+v", younger, in)
			}
		}
	}
}

func TestSamplerForgets(t *testing.T) {
	p := start(t, "burn")
	apps := []wire.App{{Instances: []wire.Instance{p.Instance}}}
	var s Sampler
	for _, want := range []int{1, 0} {
		if err := s.Fill(apps, Options{CPU: true}); err != nil {
			t.Fatal(err)
		}
		if len(s.last) != want {
			t.Errorf("%d lives remembered, want %d", len(s.last), want)
		}
		apps[0].Instances[0].Start++
	}
}

func TestPercentOfTheInterval(t *testing.T) {
	l, at := life{1, 1}, time.Now()
	s := Sampler{last: map[life]sample{l: {cpu: time.Hour, at: at}}}
	for _, c := range []struct {
		used, within time.Duration
		want         float64
	}{
		{500 * time.Millisecond, time.Second, 50},
		{3 * time.Second, time.Second, 300},
		{time.Millisecond, 3 * time.Second, 0},
		{-time.Minute, time.Second, 0},
		{time.Second, 0, 0},
	} {
		if got := s.percent(l, sample{time.Hour + c.used, at.Add(c.within)}); got != c.want {
			t.Errorf("%v in %v: %v %%, want %v", c.used, c.within, got, c.want)
		}
	}
}

func BenchmarkFill100(b *testing.B) {
	apps := make([]wire.App, 100)
	for i := range apps {
		p := start(b, "listen")
		apps[i].Instances = []wire.Instance{p.Instance}
	}
	for _, o := range []Options{{true, true, true}, {CPU: true}, {Ports: true}} {
		name := strings.ReplaceAll(fmt.Sprintf("%+v", o), " ", ",")
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := Fill(apps, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
