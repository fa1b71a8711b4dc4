package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/bpgen/bpgen/bench/task"
)

// A system computes tasks: bpgen, or a peer.
type system interface {
	// about says which version it is.
	about() string
	// load makes a task ready, or returns task.ErrNone. The data also lie in
	// the folder that peers work in.
	load(s task.Spec, d *task.Data) error
	// check returns the result of n runs.
	check(n int) ([]float64, error)
	// run does the task n times and returns how long that took.
	run(n int) (time.Duration, error)
	// drop gives up what load made.
	drop() error
	// end gives up everything.
	end()
}

// A maker is a system that may be there.
type maker struct {
	name string
	isa  string // it may not use more than this; empty: it may use all there is
	// ready starts it with a number of threads, or says why it is absent.
	// Scratch is an empty folder for what has to be built, and exists until the
	// end.
	ready func(c config, threads int, scratch string) ([]system, error)
}

// makers are all systems in the order of the table. One that returns several
// is the same system with different settings, of which the fastest counts.
var makers = []maker{
	{"bpgen", os.Getenv("BPGEN_CPU"), func(config, int, string) ([]system, error) {
		return []system{&inside{version: "of this checkout", open: openOwn}}, nil
	}},
	ownMaker("avx2"),
	ownMaker("portable"),
	plainMaker,
	cMaker,
	openBLASMaker,
	numpyMaker,
	torchMaker,
	jaxMaker,
	goMaker("gonum", nil),
	goMaker("gorgonia", []string{"ASSUME_NO_MOVING_GC_UNSAFE_RISK_IT_WITH=" + goMinor()}),
	goMaker("gomlx", nil, []string{"BENCH_GOMLX=dotgeneral_small"}, []string{"BENCH_GOMLX=dotgeneral_large"}),
}

// inside is a system in this process.
type inside struct {
	version string
	open    func(task.Spec, *task.Data) (task.Runner, error)
	task.Runner
	allocs uint64 // objects, of the run with the fewest: what a step allocates, all have
}

func (s *inside) about() string { return s.version }

func (s *inside) load(spec task.Spec, d *task.Data) (err error) {
	s.Runner, err = s.open(spec, d)
	s.allocs = math.MaxUint64
	return err
}

func (s *inside) check(n int) ([]float64, error) {
	s.Reset()
	if err := s.Run(n); err != nil {
		return nil, err
	}
	return s.Result()
}

func (s *inside) run(n int) (time.Duration, error) {
	s.Reset()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	err := s.Run(n)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	s.allocs = min(s.allocs, after.Mallocs-before.Mallocs)
	return took, err
}

func (s *inside) drop() error {
	s.Runner = nil
	return nil
}

func (s *inside) end() {}

// errDied is what a peer returns once its process has ended.
var errDied = errors.New("its process has ended")

// outside is a system in a process of its own, that task.Serve describes.
type outside struct {
	version string
	dir     string
	*process
}

func (s *outside) about() string { return s.version }

func (s *outside) load(spec task.Spec, _ *task.Data) error {
	_, err := s.ask("load " + spec.String())
	return err
}

func (s *outside) check(n int) ([]float64, error) {
	if _, err := s.ask(fmt.Sprint("check ", n)); err != nil {
		return nil, err
	}
	file := filepath.Join(s.dir, "out.bin")
	buf, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return task.Float64s(buf), os.Remove(file)
}

func (s *outside) run(n int) (time.Duration, error) {
	answer, err := s.ask(fmt.Sprint("run ", n))
	if err != nil {
		return 0, err
	}
	return time.ParseDuration(strings.TrimSpace(answer) + "ns")
}

func (s *outside) drop() error {
	_, err := s.ask("drop")
	return err
}
