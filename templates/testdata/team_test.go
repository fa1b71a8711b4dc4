package p

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// counted notes how often each part is done.
type counted struct {
	times  []atomic.Int32
	inside func(i int) // what else a part does
}

func count(parts int) *counted { return &counted{times: make([]atomic.Int32, parts)} }

func (c *counted) part(i, _ int) {
	c.times[i].Add(1)
	if c.inside != nil {
		c.inside(i)
	}
}

func (c *counted) check(t *testing.T, times int32) {
	t.Helper()
	for i := range c.times {
		if n := c.times[i].Load(); n != times {
			t.Fatalf("part %d of %d was done %d times, want %d", i, len(c.times), n, times)
		}
	}
}

// settle waits until all workers have ended.
func settle(t *testing.T) {
	t.Helper()
	for start := time.Now(); strings.Contains(stacks(), "assist"); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > 5*time.Second {
			t.Fatalf("workers do not end:\n%s", stacks())
		}
	}
}

func stacks() string {
	buf := make([]byte, 1<<20)
	return string(buf[:runtime.Stack(buf, true)])
}

// TestTeamDoesEachPartOnce has many tasks of all sizes in a row, with pauses in
// which workers are parked.
func TestTeamDoesEachPartOnce(t *testing.T) {
	for _, threads := range []int{0, 1, 2, 3, 8} {
		for _, parts := range []int{0, 1, 2, 3, 7, 64, 1000} {
			c := count(parts)
			n := int32(0)
			pauses := []time.Duration{0, 0, 0, teamWatch / 2, teamWatch, 2 * teamWatch}
			if parts == 64 {
				pauses = append(pauses, 3*teamIdle) // in which workers end
			}
			for _, pause := range pauses {
				time.Sleep(pause)
				for range 20 {
					workers.run(threads, parts, c)
					n++
				}
			}
			c.check(t, n)
		}
	}
	settle(t)
}

// TestTeamWritesAreSeen has parts that write memory without any lock, which the
// caller then reads, and the next task's workers.
func TestTeamWritesAreSeen(t *testing.T) {
	x := make([]int, 64)
	for range 2000 {
		workers.run(4, len(x), sum{x})
	}
	for i, v := range x {
		if v != 2000 {
			t.Fatalf("element %d is %d", i, v)
		}
	}
}

type sum struct{ x []int }

func (s sum) part(i, _ int) { s.x[i]++ }

// TestTeamHelps wants two threads to work at once: each of two parts waits for
// the other.
func TestTeamHelps(t *testing.T) {
	if runtime.GOMAXPROCS(0) < 2 {
		t.Skip("there is one processor")
	}
	for range 100 {
		var meet sync.WaitGroup
		meet.Add(2)
		c := count(2)
		c.inside = func(int) { meet.Done(); meet.Wait() }
		workers.run(2, 2, c)
		c.check(t, 1)
		if t.Failed() {
			return
		}
	}
}

// TestTeamThreads wants no more threads than are asked for at once.
func TestTeamThreads(t *testing.T) {
	workers.run(0, 100, count(100)) // so that there are workers
	for threads := 1; threads <= 4; threads++ {
		var now, most atomic.Int32
		c := count(64)
		c.inside = func(int) {
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(50 * time.Microsecond)
			now.Add(-1)
		}
		workers.run(threads, 64, c)
		c.check(t, 1)
		if int(most.Load()) > threads {
			t.Errorf("there were %d threads, want at most %d", most.Load(), threads)
		}
	}
}

// TestTeamOneAtATime has many callers, of whom one at a time is helped, and
// parts that call again.
func TestTeamOneAtATime(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				inner := count(3)
				c := count(5)
				c.inside = func(int) { workers.run(0, 3, inner) }
				workers.run(0, 5, c)
				c.check(t, 1)
				inner.check(t, 5)
			}
		})
	}
	wg.Wait()
}

// TestTeamPanic wants a panic in any part, whoever does it, from run, and the
// team to work on. Where there are two processors the parts are done by two.
func TestTeamPanic(t *testing.T) {
	for i := range 100 {
		bad := i % 2
		var meet sync.WaitGroup
		if runtime.GOMAXPROCS(0) > 1 {
			meet.Add(2)
		}
		c := count(2)
		c.inside = func(i int) {
			if runtime.GOMAXPROCS(0) > 1 {
				meet.Done()
				meet.Wait()
			}
			if i == bad {
				panic(fmt.Sprint("part ", i))
			}
		}
		func() {
			defer func() {
				if v := recover(); v != fmt.Sprint("part ", bad) {
					t.Errorf("the panic is %v, want that of part %d", v, bad)
				}
			}()
			workers.run(2, 2, c)
		}()
		good := count(16)
		workers.run(2, 16, good)
		good.check(t, 1)
	}
}

// TestTeamAllocatesNothing runs a task over and over.
func TestTeamAllocatesNothing(t *testing.T) {
	c := count(8)
	workers.run(0, 8, c)
	if n := testing.AllocsPerRun(1000, func() { workers.run(0, 8, c) }); n != 0 {
		t.Errorf("run allocates %v times", n)
	}
}

// TestTeamLetsGo wants the team to keep nothing of a task that is done.
func TestTeamLetsGo(t *testing.T) {
	gone := make(chan bool)
	func() {
		c := count(8)
		workers.run(0, 8, c)
		runtime.AddCleanup(c, func(gone chan bool) { close(gone) }, gone)
	}()
	for range 100 {
		runtime.GC()
		select {
		case <-gone:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Error("the task is still reachable")
}

// TestTeamRests wants workers that have nothing to do to take no processor's
// time, and to end.
func TestTeamRests(t *testing.T) {
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Skip(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	workers.run(0, 8, count(8))
	time.Sleep(10 * teamWatch)
	before := used()
	time.Sleep(teamIdle / 2)
	if d := used() - before; d > teamIdle/4 {
		t.Errorf("parked workers took %v of %v", d, teamIdle/2)
	}
	settle(t)
}

// TestTeamShrinks has fewer processors than there are workers.
func TestTeamShrinks(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	for _, n := range []int{8, 1, 4, 2, 8} {
		runtime.GOMAXPROCS(n)
		for range 100 {
			c := count(32)
			workers.run(8, 32, c)
			c.check(t, 1)
		}
	}
}

// TestTeamBesideOthers has goroutines on all processors that never stop by
// themselves.
func TestTeamBesideOthers(t *testing.T) {
	var stop atomic.Bool
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for !stop.Load() {
			}
		}()
	}
	defer stop.Store(true)
	for range 20 {
		c := count(32)
		workers.run(8, 32, c)
		c.check(t, 1)
	}
}

// TestTeamThreadsIn reads what the environment may say.
func TestTeamThreadsIn(t *testing.T) {
	for text, want := range map[string]int{"": maxThreads, "3": 3, "0": maxThreads, "-1": maxThreads, "many": maxThreads, "100": 100} {
		if got := threadsIn(text); got != want {
			t.Errorf("threadsIn(%q) is %d, want %d", text, got, want)
		}
	}
	if env := os.Getenv("BPGEN_THREADS"); env != "" && fmt.Sprint(defaultThreads) != env {
		t.Errorf("BPGEN_THREADS is %s, but there may be %d", env, defaultThreads)
	}
}

type nothing struct{}

func (nothing) part(_, _ int) {}

// BenchmarkTeamHandOver is a task of two parts with nothing to do: what a task
// costs.
func BenchmarkTeamHandOver(b *testing.B) {
	for _, threads := range []int{1, 2, 3} {
		b.Run(fmt.Sprint(threads), func(b *testing.B) {
			var k teamTask = nothing{}
			for b.Loop() {
				workers.run(threads, 4, k)
			}
		})
	}
}

// met is two parts that end when both have begun.
type met struct{ n atomic.Int64 }

func (m *met) part(_, _ int) {
	n := m.n.Add(1)
	for want := (n + 1) / 2 * 2; m.n.Load() < want; {
	}
}

// BenchmarkTeamMeet is until a worker has begun, and is waited for.
func BenchmarkTeamMeet(b *testing.B) {
	if runtime.GOMAXPROCS(0) < 2 {
		b.Skip("there is one processor")
	}
	m := &met{}
	for b.Loop() {
		workers.run(2, 2, m)
	}
}

// BenchmarkTeamMeetParked is the same with a worker that is parked.
func BenchmarkTeamMeetParked(b *testing.B) {
	if runtime.GOMAXPROCS(0) < 2 {
		b.Skip("there is one processor")
	}
	m := &met{}
	total := time.Duration(0)
	for b.Loop() {
		time.Sleep(10 * teamWatch)
		start := time.Now()
		workers.run(2, 2, m)
		total += time.Since(start)
	}
	b.ReportMetric(float64(total.Nanoseconds())/float64(b.N), "ns/run")
}

// chain is a computation in 16 parts of a given length.
type chain struct {
	n   int
	sum [16 * 16]float64
}

func (c *chain) part(i, _ int) {
	s := 0.0
	for range c.n {
		s = s*0.999 + 1
	}
	c.sum[16*i] = s
}

// BenchmarkTeamScaling computes some 5, 20 and 200 µs by one thread and by
// two.
func BenchmarkTeamScaling(b *testing.B) {
	for _, n := range []int{100, 400, 4000} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprint(n, "/", threads), func(b *testing.B) {
				c := &chain{n: n}
				for b.Loop() {
					workers.run(threads, 16, c)
				}
			})
		}
	}
}
