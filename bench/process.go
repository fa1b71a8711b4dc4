package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/bpgen/bpgen/bench/task"
)

// A process answers each line with a line.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	err   *tail
	limit time.Duration // of one answer; then the process is killed
	dead  bool
}

// start starts a peer in the folder with the data, asks it who it is, and
// returns it as a system.
func start(c config, threads int, env []string, name string, args ...string) (*outside, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = c.data
	cmd.Env = append(append(environment(), threadEnv(threads)...), env...)
	p := &process{cmd: cmd, err: &tail{}, limit: c.limit}
	cmd.Stderr = p.err
	var err error
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	version, err := p.ask("about")
	if err != nil {
		p.end()
		return nil, err
	}
	return &outside{version: version, dir: c.data, process: p}, nil
}

// ask sends a line and returns what follows ok in the answer.
func (p *process) ask(line string) (string, error) {
	if p.dead {
		return "", errDied
	}
	resume(p.cmd.Process)
	defer p.rest()
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		return "", p.died()
	}
	killer := time.AfterFunc(p.limit, func() { p.cmd.Process.Kill() })
	answer, err := p.out.ReadString('\n')
	if !killer.Stop() {
		p.died()
		return "", fmt.Errorf("no answer within %v", p.limit)
	}
	if err != nil {
		return "", p.died()
	}
	verdict, rest, _ := strings.Cut(strings.TrimSpace(answer), " ")
	switch verdict {
	case "ok":
		return rest, nil
	case "none":
		return "", task.ErrNone
	}
	return "", errors.New(rest)
}

// rest halts the process until it is asked again: threads of some libraries
// keep a processor for a while after their work, to be there for the next, and
// what is measured next is another system.
func (p *process) rest() {
	if !p.dead {
		halt(p.cmd.Process)
	}
}

// died waits for the end and returns the last line that the process wrote.
func (p *process) died() error {
	p.dead = true
	p.in.Close()
	err := p.cmd.Wait()
	if line := p.err.line(); line != "" {
		return errors.New(line)
	}
	return fmt.Errorf("%w: %v", errDied, err)
}

// end lets the process end, which it does when there are no more lines.
func (p *process) end() {
	if !p.dead {
		p.dead = true
		p.in.Close()
		resume(p.cmd.Process)
		p.cmd.Wait()
	}
}

// tail keeps the end of what is written to it.
type tail struct{ buf []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.buf = append(t.buf, b...)
	t.buf = t.buf[max(0, len(t.buf)-4096):]
	return len(b), nil
}

// line is the last one.
func (t *tail) line() string {
	b := bytes.TrimSpace(t.buf)
	return string(b[bytes.LastIndexByte(b, '\n')+1:])
}

// environment is that of this process, without what a machine may set for all
// programs and a peer is better off without.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "OPENBLAS_") || strings.HasPrefix(v, "BPGEN_")
	})
}

// threadEnv tells every library how many threads it may have.
func threadEnv(n int) []string {
	var env []string
	for _, name := range []string{"OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "GOMAXPROCS", "NPROC", "BENCH_THREADS"} {
		env = append(env, fmt.Sprint(name, "=", n))
	}
	return env
}
