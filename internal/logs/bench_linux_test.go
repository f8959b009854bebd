package logs

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// cpu returns the processor time that this process has used.
func cpu(t testing.TB) time.Duration {
	var ru unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &ru); err != nil {
		t.Fatal(err)
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

const benchChunk = 64 << 20

// flood starts a program (this test binary) that writes total bytes of
// 100-byte lines as fast as it can in writes of size bytes.
func flood(t testing.TB, w *os.File, total int64, size int) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LOGS_TEST_ROLE=flood", fmt.Sprint("LOGS_TEST_ARGS=", total, " ", size))
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func init() { roles["flood"] = roleFlood }

func roleFlood(args string) {
	var total int64
	var size int
	fmt.Sscan(args, &total, &size)
	line := append(bytes.Repeat([]byte("x"), 99), '\n')
	block := bytes.Repeat(line, max(size/100, 1))
	for total > 0 {
		n, err := os.Stdout.Write(block)
		if err != nil {
			os.Exit(1)
		}
		total -= int64(n)
	}
}

// benchmark has move write what a program prints; written returns when the program
// has ended.
func benchmark(b *testing.B, move func(r *os.File, path string, total int64, written func())) {
	for _, size := range []int{100, 8000, 65500} {
		b.Run(fmt.Sprint("write=", size), func(b *testing.B) {
			total := int64(b.N) * benchChunk
			total = total / int64(max(size/100, 1)*100) * int64(max(size/100, 1)*100)
			b.SetBytes(benchChunk)
			path := filepath.Join(b.TempDir(), "log")
			r, w, err := os.Pipe()
			if err != nil {
				b.Fatal(err)
			}
			before := cpu(b)
			b.ResetTimer()
			cmd := flood(b, w, total, size)
			move(r, path, total, func() { cmd.Wait() })
			b.StopTimer()
			used := cpu(b) - before
			w.Close()
			cmd.Wait()
			b.ReportMetric(used.Seconds()/(float64(total)/1e9), "cpu-s/GB")
		})
	}
}

// BenchmarkPump writes as every app of forever does, unless it is told otherwise.
func BenchmarkPump(b *testing.B) {
	benchmarkSink(b, Sink{Index: true, Rotate: Rotation{Size: 50 << 20, Files: 5}})
}

func BenchmarkPumpPlain(b *testing.B) { benchmarkSink(b, Sink{}) }

func BenchmarkPumpTime(b *testing.B) {
	benchmarkSink(b, Sink{Lines: &Lines{Time: "YYYY-MM-DDTHH:mm:ss"}})
}

func BenchmarkPumpJSON(b *testing.B) {
	benchmarkSink(b, Sink{Lines: &Lines{JSON: true, App: "web", Stream: "out"}})
}

func benchmarkSink(b *testing.B, sink Sink) {
	benchmark(b, func(r *os.File, path string, _ int64, written func()) {
		p, err := NewPump()
		if err != nil {
			b.Fatal(err)
		}
		defer p.Close()
		sink.Path = path
		if err := p.Attach("a", r, sink); err != nil {
			b.Fatal(err)
		}
		p.Process("a", 1)
		written()
		p.Drain("a")
	})
}

func BenchmarkBareSplice(b *testing.B) {
	benchmark(b, func(r *os.File, path string, total int64, _ func()) {
		f, _ := os.Create(path)
		defer f.Close()
		in, out := int(r.Fd()), int(f.Fd())
		for total > 0 {
			n, err := unix.Splice(in, nil, out, nil, 1<<20, 0)
			if err != nil && err != syscall.EINTR {
				b.Fatal(err)
			}
			total -= int64(max(n, 0))
		}
		r.Close()
	})
}

func BenchmarkReadWrite(b *testing.B) {
	benchmark(b, func(r *os.File, path string, total int64, _ func()) {
		f, _ := os.Create(path)
		defer f.Close()
		in, out := int(r.Fd()), int(f.Fd())
		buf := make([]byte, 64<<10)
		for total > 0 {
			n, err := unix.Read(in, buf)
			if err != nil && err != syscall.EINTR {
				b.Fatal(err)
			}
			unix.Write(out, buf[:max(n, 0)])
			total -= int64(max(n, 0))
		}
		r.Close()
	})
}

// BenchmarkManyPrograms has 100 programs that each write 1000 lines a second. Its
// result is what share of one core the pump uses.
func BenchmarkManyPrograms(b *testing.B) {
	const programs = 100
	p, err := NewPump()
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	dir := b.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LOGS_TEST_ROLE=chatter", fmt.Sprint("LOGS_TEST_ARGS=", programs))
	stop, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	for i := range programs {
		r, w, err := os.Pipe()
		if err != nil {
			b.Fatal(err)
		}
		cmd.ExtraFiles = append(cmd.ExtraFiles, w)
		if err := p.Attach(fmt.Sprint(i), r, Sink{Path: filepath.Join(dir, fmt.Sprint(i))}); err != nil {
			b.Fatal(err)
		}
	}
	said, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for _, w := range cmd.ExtraFiles {
		w.Close()
	}
	said.Read(make([]byte, 1)) // all have started
	turns, before, began := p.e.turns.Load(), cpu(b), time.Now()
	for b.Loop() {
		time.Sleep(time.Second)
	}
	took := time.Since(began).Seconds()
	b.ReportMetric(100*(cpu(b)-before).Seconds()/took, "%core")
	b.ReportMetric(float64(p.e.turns.Load()-turns)/took, "turns/s")
	stop.Close()
	cmd.Wait()
	var bytes int64
	for i := range programs {
		st, _ := os.Stat(filepath.Join(dir, fmt.Sprint(i)))
		bytes += st.Size()
	}
	b.ReportMetric(float64(bytes)/100/took, "lines/s")
}

func init() { roles["chatter"] = roleChatter }

// roleChatter writes a line of 100 bytes to each of its first descriptors after
// stderr every millisecond, until its stdin ends.
func roleChatter(args string) {
	var n int
	fmt.Sscan(args, &n)
	line := append(bytes.Repeat([]byte("x"), 99), '\n')
	for i := range n {
		unix.Write(3+i, line)
		go func() {
			<-time.After(time.Duration(i) * time.Millisecond / time.Duration(n)) // not all at once
			for range time.Tick(time.Millisecond) {
				unix.Write(3+i, line)
			}
		}()
	}
	fmt.Println("writing")
	os.Stdin.Read(make([]byte, 1))
}
