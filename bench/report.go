package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
)

// A record is what was measured of a system at a workload, and a line of
// output. Figures that do not exist are null.
type record struct {
	Workload string   `json:"workload"`
	System   string   `json:"system"`
	Threads  int      `json:"threads"`
	NS       *float64 `json:"ns"`             // the median
	Ratio    *float64 `json:"ratio_to_bpgen"` // of times: above 1 bpgen is faster
	Percent  *float64 `json:"percent_of_peak"`

	Least   *float64 `json:"ns_least,omitempty"`
	Speedup *float64 `json:"speedup,omitempty"` // over itself with the fewest threads
	Allocs  *float64 `json:"allocs,omitempty"`  // objects that a run allocates, of systems in this process
	Rate    *float64 `json:"rate,omitempty"`    // of the machine itself: operations, bytes or cycles a nanosecond
	Note    string   `json:"note,omitempty"`    // which version, or why it is absent
}

// number is x, or nothing if x is no number.
func number(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// A table prints records for people, a workload a paragraph.
type table struct {
	w    io.Writer
	last string
}

func (t *table) print(r record) {
	if r.Workload != t.last {
		fmt.Fprintf(t.w, "\n%-40s %7s %14s %10s %8s %8s\n", r.Workload, "threads", "ns", "ratio", "% peak", "speedup")
		t.last = r.Workload
	}
	line := fmt.Sprintf("    %-36s %7d %14s %10s %8s %8s", r.System, r.Threads, figures(r.NS), figures(r.Ratio), figures(r.Percent), figures(r.Speedup))
	if r.Rate != nil {
		line += "  " + figures(r.Rate) + " a ns"
	}
	if r.Allocs != nil && *r.Allocs > 0 {
		line += "  " + figures(r.Allocs) + " allocations"
	}
	if r.Note != "" {
		line += "  " + r.Note
	}
	fmt.Fprintln(t.w, strings.TrimRight(line, " "))
}

// figures is a number with three of them.
func figures(x *float64) string {
	switch {
	case x == nil:
		return "–"
	case math.Abs(*x) >= 100:
		return fmt.Sprintf("%.0f", *x)
	default:
		return fmt.Sprintf("%.3g", *x)
	}
}

// lines prints records for programs, an object a line.
func lines(w io.Writer) func(record) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return func(r record) { enc.Encode(r) }
}
