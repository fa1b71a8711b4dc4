package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// A kernel is a loop in registers.
type kernel struct {
	name string
	peak bool // it does float32 multiply-adds, which percentages are of
	each int  // operations of one time round
	run  func(n int)
}

// A stream is a way to add two vectors in memory.
type stream struct {
	name string
	run  func(n int, s float32, a, b, c *float32)
}

// A machine knows how fast it is, in operations or bytes a nanosecond.
type machine struct {
	threads int
	kernels []kernel
	vectors [][]float32 // three for each thread
	most    map[string]float64
}

// triadBytes is what the vectors of a triad take together: as much as the
// vectors of Adam on ten million parameters.
const triadBytes = 160 << 20

func newMachine(threads int) *machine {
	return &machine{threads: threads, kernels: kernels(), most: map[string]float64{}}
}

// hold keeps this process, and those that it starts from now on, on as many
// processors as the machine has threads.
func (m *machine) hold() error {
	runtime.GOMAXPROCS(m.threads)
	return pin(m.threads)
}

// about says what the machine is, and whether it is busy with something else.
func (m *machine) about() string {
	name := strings.Join(strings.Fields(strings.Trim(processor(), "\x00")), " ")
	return fmt.Sprintf("%s%s, %d processors, %s", busy(), name, runtime.NumCPU(), runtime.Version())
}

// rate runs a kernel on all threads for about d, and returns operations a
// nanosecond.
func (m *machine) rate(k kernel, d time.Duration) float64 {
	const n = 20_000 // some 60 µs, so that goroutines can be stopped in between
	k.run(n)
	return m.all(k.name, func(int) float64 {
		done := 0
		start := time.Now()
		for time.Since(start) < d {
			k.run(n)
			done += n
		}
		return float64(done) * float64(k.each) / float64(time.Since(start).Nanoseconds())
	})
}

// bandwidth runs a triad on all threads for about d, and returns bytes a
// nanosecond, counted as read twice and written once.
func (m *machine) bandwidth(s stream, d time.Duration) float64 {
	// The vectors do not begin at the same place of a page, where the
	// processor would take a load for one of what has just been stored.
	const lead = 37 * 16
	n := triadBytes / 4 / 3 / m.threads &^ 31
	if m.vectors == nil {
		for i := range 3 * m.threads {
			m.vectors = append(m.vectors, aligned(n + lead*i)[lead*i:])
			for j := range m.vectors[i] {
				m.vectors[i][j] = float32(j%7) + 1
			}
		}
	}
	return m.all(s.name, func(thread int) float64 {
		v := m.vectors[3*thread:]
		done := 0
		start := time.Now()
		for time.Since(start) < d || done == 0 {
			const part = 1 << 15 // of a vector, so that goroutines can be stopped in between
			for at := 0; at < n; at += part {
				s.run(min(part, n-at), 0.7, &v[0][at], &v[1][at], &v[2][at])
			}
			done++
		}
		return float64(done) * 12 * float64(n) / float64(time.Since(start).Nanoseconds())
	})
}

// all runs f on every thread at once, adds what it returns, and remembers the
// most that it was under this name.
func (m *machine) all(name string, f func(thread int) float64) float64 {
	rates := make([]float64, m.threads)
	var wg sync.WaitGroup
	for i := range rates {
		wg.Go(func() { rates[i] = f(i) })
	}
	wg.Wait()
	sum := 0.0
	for _, r := range rates {
		sum += r
	}
	m.most[name] = max(m.most[name], sum)
	return sum
}

// aligned is a vector that begins on 64 bytes.
func aligned(n int) []float32 {
	v := make([]float32, n+16)
	for uintptr(unsafe.Pointer(&v[0]))%64 != 0 {
		v = v[1:]
	}
	return v[:n]
}

// report emits what the machine is, and each of its rates.
func (m *machine) report(c config, emit func(record)) {
	m.hold()
	note := m.about()
	line := func(name string, rate func() float64) {
		var rates []float64
		for range c.rounds {
			rates = append(rates, rate())
		}
		emit(record{Workload: "machine", System: name, Threads: m.threads, Rate: number(median(rates)), Note: note})
		note = ""
	}
	for _, k := range m.kernels {
		line(k.name, func() float64 { return m.rate(k, c.time/10) })
	}
	for _, s := range triads {
		line(s.name, func() float64 { return m.bandwidth(s, c.time/10) })
	}
}

// busy is a warning if the system says that it has more to do than there are
// processors for, this process and its peers included.
func busy() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	var load float64
	if _, err := fmt.Sscan(string(text), &load); err != nil || load <= float64(runtime.NumCPU())/2 {
		return ""
	}
	return fmt.Sprintf("BUSY, load %.1f; ", load)
}
