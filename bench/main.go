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
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/bpgen/bpgen/bench/task"
)

// A config is what the flags say.
type config struct {
	threads   counts
	time      time.Duration // of one measurement
	rounds    int
	limit     time.Duration // of one answer of a peer
	workloads *regexp.Regexp
	systems   *regexp.Regexp
	data      string // the folder that peers read their data from
}

// counts are numbers of threads, from low to high.
type counts []int

func (c *counts) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(*c), " ", ","), "[]")
}

func (c *counts) Set(text string) error {
	*c = nil
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 || len(*c) > 0 && n <= (*c)[len(*c)-1] {
			return errors.New("want positive numbers that rise, with commas between")
		}
		*c = append(*c, n)
	}
	return nil
}

func main() {
	c := config{threads: counts{1, 2}[:min(2, runtime.NumCPU())]}
	json := flag.Bool("json", false, "print an object a line")
	list := flag.Bool("list", false, "print the names of workloads and systems")
	run := flag.String("run", "", "workloads, as a regular `expression`")
	system := flag.String("system", "", "systems, as a regular `expression`; bpgen is always there")
	serve := flag.Bool("serve", false, "be a peer: answer the lines of a harness")
	flag.Var(&c.threads, "threads", "`numbers` of threads that each system may have")
	flag.DurationVar(&c.time, "time", 200*time.Millisecond, "of one measurement")
	flag.IntVar(&c.rounds, "rounds", 7, "measurements of which the median is taken")
	flag.DurationVar(&c.limit, "limit", 3*time.Minute, "after which a peer is given up")
	flag.Parse()
	if *serve {
		task.Serve("of this checkout", openOwn)
		return
	}
	var err error
	if c.workloads, err = regexp.Compile(*run); err == nil {
		c.systems, err = regexp.Compile(*system)
	}
	if err == nil && (c.rounds < 1 || c.time <= 0 || flag.NArg() > 0) {
		err = errors.New("rounds and time are positive, and there are no arguments")
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
	scratch, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-stop
		resumeAll() // the peers end when their input does
		os.RemoveAll(scratch)
		os.Exit(130)
	}()
	c.data = filepath.Join(scratch, "data")
	if err := os.Mkdir(c.data, 0o700); err != nil {
		return err
	}
	var machines []*machine
	var all []contender
	defer func() {
		for _, con := range all {
			for _, s := range con.systems {
				s.end()
			}
		}
	}()
	for _, n := range c.threads {
		m := newMachine(n)
		machines = append(machines, m)
		if err := m.hold(); err != nil {
			fmt.Fprintln(os.Stderr, "bench: threads may move between processors:", err)
		}
		for _, k := range makers {
			if k.name != "bpgen" && !c.systems.MatchString(k.name) {
				continue
			}
			dir := filepath.Join(scratch, fmt.Sprint(k.name, n))
			if err := os.Mkdir(dir, 0o700); err != nil {
				return err
			}
			systems, err := k.ready(c, n, dir)
			if len(systems) > 0 {
				all = append(all, contender{k.name, k.isa, m, systems})
			}
			r := record{Workload: "systems", System: k.name, Threads: n}
			if err != nil {
				r.Note = "absent: " + err.Error()
			} else {
				r.Note = systems[0].about()
			}
			emit(r)
		}
	}
	for _, m := range machines {
		m.report(c, emit)
	}
	var failed []error
	for _, w := range workloads() {
		if c.workloads.MatchString(w.name) {
			failed = append(failed, measure(c, machines, w, all, emit))
		}
	}
	return errors.Join(failed...)
}
