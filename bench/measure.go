package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/bpgen/bpgen/bench/task"
)

// A contender is a system that is there.
type contender struct {
	name    string
	isa     string
	m       *machine // with as many threads as it has
	systems []system // with one setting each
}

// An entry is a system's part in the measurement of one workload.
type entry struct {
	contender
	system system
	count  int       // runs in a round
	ns     []float64 // of one run, a round each
	slow   bool      // a single run takes so long that it must do
}

// measure has all contenders do a workload in turn, and emits a record for
// each. It returns an error if one of them computes something else.
func measure(c config, machines []*machine, w workload, all []contender, emit func(record)) error {
	d := task.Make(w.spec)
	if err := d.Write(c.data); err != nil {
		return err
	}
	defer runtime.GC()
	var want []float64
	var entries []*entry
	var failed []error
	for _, con := range all {
		con.m.hold()
		e, got, err := enter(c, w, d, con, want)
		switch {
		case errors.Is(err, task.ErrNone) && want != nil:
			continue
		case err != nil:
			err = fmt.Errorf("%s: %s with %d threads: %w", w.name, con.name, con.m.threads, err)
			fmt.Fprintln(os.Stderr, err)
			failed = append(failed, err)
			if want == nil {
				return errors.Join(failed...) // there is nothing to compare with
			}
			continue
		}
		if want == nil {
			want = got
		}
		entries = append(entries, e)
		defer e.system.drop()
	}

	// One round after the other, each beginning with another system, so that
	// what else the machine does falls on all of them.
	for round := range c.rounds {
		for _, m := range machines {
			m.hold()
			m.reference(w, c.time/10)
		}
		busy := false // threads of the system before may spin for a while
		for i := range entries {
			e := entries[(i+round)%len(entries)]
			if e.slow {
				continue
			}
			if busy {
				time.Sleep(300 * time.Millisecond)
			}
			busy = e.m.threads > 1
			e.m.hold()
			took, err := e.system.run(e.count)
			if err != nil {
				failed = append(failed, fmt.Errorf("%s: %s: %w", w.name, e.name, err))
				continue
			}
			e.ns = append(e.ns, float64(took.Nanoseconds())/float64(e.count))
		}
	}
	first := map[string]float64{} // of each system, with the fewest threads
	base := 0.0                   // bpgen's, with as many threads
	for _, e := range entries {
		if len(e.ns) == 0 {
			continue // every run has failed
		}
		ns := median(e.ns)
		if e.name == entries[0].name {
			base = ns
		}
		r := record{Workload: w.name, System: e.name, Threads: e.m.threads, NS: number(ns / float64(w.calls)), Ratio: number(ns / base), Least: number(slices.Min(e.ns) / float64(w.calls))}
		if best := e.m.best(w, e.isa); best > 0 {
			r.Percent = number(100 * (w.flops + w.bytes) / ns / best)
		}
		if first[e.name] == 0 {
			first[e.name] = ns
		} else {
			r.Speedup = number(first[e.name] / ns)
		}
		if in, ok := e.system.(*inside); ok {
			r.Allocs = number(float64(in.allocs / uint64(e.count)))
		}
		emit(r)
	}
	return errors.Join(failed...)
}

// enter has a contender load a workload and show what it computes, and finds
// out how often it can do it in a round. Of several settings the fastest
// stays.
func enter(c config, w workload, d *task.Data, con contender, want []float64) (*entry, []float64, error) {
	var best *entry
	var result []float64
	for _, s := range con.systems {
		if err := s.load(w.spec, d); err != nil {
			return nil, nil, err
		}
		got, err := s.check(w.checks)
		if err == nil && want != nil {
			if len(got) != len(want) {
				err = fmt.Errorf("there are %d results, bpgen has %d", len(got), len(want))
			} else {
				err = w.agree(w.spec, d, got, want)
			}
		}
		e := &entry{contender: con, system: s}
		if err == nil {
			err = e.calibrate(c)
		}
		if err != nil {
			s.drop()
			return nil, nil, err
		}
		loser := best
		if best == nil || e.ns[0] < best.ns[0] {
			best, result = e, got
		} else {
			loser = e
		}
		if loser != nil {
			loser.system.drop()
		}
		if best.slow = best.ns[0] > 20*float64(c.time.Nanoseconds()); best.slow {
			return best, result, nil
		}
	}
	best.ns = nil // it was to find the count
	return best, result, nil
}

// calibrate runs ever more often until a run takes a fair part of the time
// for a round.
func (e *entry) calibrate(c config) error {
	for n := 1; ; {
		took, err := e.system.run(n)
		if err != nil {
			return err
		}
		each := max(float64(took.Nanoseconds()), 1) / float64(n)
		e.ns = []float64{each}
		e.count = max(1, int(float64(c.time.Nanoseconds())/each))
		if took >= c.time/8 {
			return nil
		}
		n = max(n+1, min(100*n, e.count/4))
	}
}

// reference measures again what percentages of a workload are of, the peak of
// multiply-adds or the bandwidth of memory.
func (m *machine) reference(w workload, d time.Duration) {
	switch {
	case w.flops > 0:
		for _, k := range m.kernels {
			if k.peak {
				m.rate(k, d)
			}
		}
	case w.bytes > 0:
		for _, s := range triads {
			m.bandwidth(s, d)
		}
	}
}

// best is the most that there was of it in this run, or 0. Of multiply-adds it
// is that of an instruction set. Who may use any of them, or none at all, is
// held against the machine.
func (m *machine) best(w workload, isa string) float64 {
	of := func(k kernel) bool { return strings.HasSuffix(k.name, " "+isa) }
	any := !slices.ContainsFunc(m.kernels, of)
	best := 0.0
	switch {
	case w.flops > 0:
		for _, k := range m.kernels {
			if k.peak && (any || of(k)) {
				best = max(best, m.most[k.name])
			}
		}
	case w.bytes > 0:
		for _, s := range triads {
			best = max(best, m.most[s.name])
		}
	}
	return best
}

func median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	x = slices.Sorted(slices.Values(x))
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}
