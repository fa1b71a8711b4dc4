// Bench compares what bpgen generates with its peers, on one machine and in
// one run. README.md says how to read what it prints.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"syscall"
	"time"
)

// A config is what the flags say.
type config struct {
	threads   int
	time      time.Duration // of one measurement
	rounds    int
	limit     time.Duration // of one answer of a peer
	workloads *regexp.Regexp
	systems   *regexp.Regexp
	data      string // the folder that peers read their data from
}

// settle waits until the threads of the system before, which may spin for a
// while, are asleep.
func (c config) settle() {
	if c.threads > 1 {
		time.Sleep(250 * time.Millisecond)
	}
}

func main() {
	var c config
	json := flag.Bool("json", false, "print an object a line")
	list := flag.Bool("list", false, "print the names of workloads and systems")
	run := flag.String("run", "", "workloads, as a regular `expression`")
	system := flag.String("system", "", "systems, as a regular `expression`; bpgen is always there")
	flag.IntVar(&c.threads, "threads", 1, "threads that each system may have")
	flag.DurationVar(&c.time, "time", 200*time.Millisecond, "of one measurement")
	flag.IntVar(&c.rounds, "rounds", 7, "measurements of which the median is taken")
	flag.DurationVar(&c.limit, "limit", 3*time.Minute, "after which a peer is given up")
	flag.Parse()
	var err error
	if c.workloads, err = regexp.Compile(*run); err == nil {
		c.systems, err = regexp.Compile(*system)
	}
	if err == nil && (c.threads < 1 || c.rounds < 1 || c.time <= 0 || flag.NArg() > 0) {
		err = errors.New("threads, rounds and time are positive, and there are no arguments")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if *list {
		for _, w := range workloads() {
			fmt.Println("workload", w.name)
		}
		for _, m := range makers {
			fmt.Println("system  ", m.name)
		}
		return
	}
	emit := (&table{w: os.Stdout}).print
	if *json {
		emit = lines(os.Stdout)
	}
	if err := bench(c, emit); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench measures everything that c asks for.
func bench(c config, emit func(record)) error {
	if err := pin(c.threads); err != nil {
		fmt.Fprintln(os.Stderr, "bench: threads may move between processors:", err)
	}
	runtime.GOMAXPROCS(c.threads)
	scratch, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-stop // the peers end when their input does
		os.RemoveAll(scratch)
		os.Exit(130)
	}()
	c.data = filepath.Join(scratch, "data")
	if err := os.Mkdir(c.data, 0o700); err != nil {
		return err
	}
	var all []contender
	defer func() {
		for _, con := range all {
			for _, s := range con.systems {
				s.end()
			}
		}
	}()
	for _, m := range makers {
		if m.name != "bpgen" && !c.systems.MatchString(m.name) {
			continue
		}
		dir := filepath.Join(scratch, m.name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		systems, err := m.ready(c, dir)
		if len(systems) > 0 {
			all = append(all, contender{m.name, systems})
		}
		r := record{Workload: "systems", System: m.name, Threads: c.threads}
		if err != nil {
			r.Note = "absent: " + err.Error()
		} else {
			r.Note = systems[0].about()
		}
		emit(r)
	}

	m := newMachine(c.threads)
	m.report(c, emit)
	var failed []error
	for _, w := range workloads() {
		if c.workloads.MatchString(w.name) {
			failed = append(failed, measure(c, m, w, all, emit))
		}
	}
	return errors.Join(failed...)
}
