package nest

import (
	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/symbolic"
)

// Costs are in instructions, about. They decide which loop runs in lanes and
// how often its body stands in a row, nothing else.
const (
	costMath   = 20 // a function of package math
	costDivide = 6
	costTurn   = 1.5 // going around a loop
	costReduce = 12  // adding up lanes
	costField  = 4   // of a record, see records.go
	costLittle = 4   // of what may be computed again

	costScatter = 2   // a lane that is stored by itself
	costSerial  = 4   // waiting for the last change of an accumulator
	someTurns   = 200 // of a loop whose extent is not known
)

// A coster prices statements: lane is the variable whose turns are lanes, or
// empty where there are none.
type coster struct {
	lanes int
	lane  string
	inner map[string]bool // variables of loops in the loop over lanes
	data  map[string]bool // other variables in it
}

// inLanes is the cost of running l in lanes.
func (c *compiler) inLanes(l *loop.Loop) float64 {
	k := coster{lanes: c.t.Lanes(), lane: l.Var.Name, inner: map[string]bool{}, data: map[string]bool{}}
	set, declared := changed(l.Body)
	for v := range declared {
		k.data[v.Name] = true
	}
	each(l.Body, func(s loop.Stmt) bool {
		if in, ok := s.(*loop.Loop); ok {
			k.inner[in.Var.Name] = true
			delete(k.data, in.Var.Name)
		}
		return true
	})
	cost := 4.0
	for v := range set {
		if !declared[v] {
			cost += costReduce
		}
	}
	n := turns(l)
	vectors := float64((int(n) + k.lanes - 1) / k.lanes)
	return cost + vectors*(k.stmts(l.Body)+costTurn)
}

// oneByOne is the cost of running the turns of l one after the other, with
// what is in it run as well as it can be.
func (c *compiler) oneByOne(l *loop.Loop) float64 {
	return turns(l) * (c.serial(l.Body) + costTurn)
}

func (c *compiler) serial(list []loop.Stmt) (cost float64) {
	k := coster{lanes: c.t.Lanes()}
	for _, s := range list {
		if l, ok := s.(*loop.Loop); ok {
			_, best := c.asOne(l)
			cost += best
			continue
		}
		cost += k.own(s)
		for _, b := range bodies(s) {
			cost += c.serial(b)
		}
	}
	return cost
}

func turns(l *loop.Loop) float64 {
	n, ok := l.Extent.Const()
	if !ok {
		return someTurns
	}
	return float64(max(n, 0))
}

func (k coster) stmts(list []loop.Stmt) (cost float64) {
	for _, s := range list {
		sum := k.own(s)
		for _, b := range bodies(s) {
			sum += k.stmts(b)
		}
		if l, ok := s.(*loop.Loop); ok {
			sum = turns(l) * (sum + costTurn)
		}
		cost += sum
	}
	return cost
}

// own is the cost of s without what is inside of it.
func (k coster) own(s loop.Stmt) (cost float64) {
	for _, v := range values(s) {
		eachExpr(v, func(e loop.Expr) bool { cost += k.expr(e); return true })
	}
	switch s := s.(type) {
	case *loop.Update:
		cost++
		if k.lane == "" {
			cost += costSerial
		}
	case *loop.Pick:
		cost += 3
		if k.lane == "" {
			cost += costSerial
		}
	case *loop.Store:
		cost += k.store(s.Index)
		if s.Op != nil {
			cost += k.access(s.Index)
		}
	case *loop.If, *loop.Choose:
		cost++
	}
	return cost
}

func (k coster) expr(e loop.Expr) float64 {
	switch e := e.(type) {
	case *loop.Load:
		return k.access(e.Index)
	case *loop.Guarded:
		return 2
	case *loop.Apply:
		switch {
		case e.Op == symbolic.OpDiv || e.Op == symbolic.OpSqrt:
			return costDivide
		case e.Op == symbolic.OpUniform23 || e.Op == symbolic.OpUniform52:
			return 4 * costMath
		case direct[e.Op]:
			return 1
		}
		return costMath
	}
	return 0
}

// store is the cost of writing to memory at index: lanes that are apart go one by one.
func (k coster) store(index symbolic.Poly) float64 {
	if cost := k.access(index); cost <= costField {
		return cost
	}
	return costScatter * float64(k.lanes)
}

// access is the cost of reading or writing memory at index.
func (k coster) access(index symbolic.Poly) float64 {
	if k.lane == "" {
		return 1
	}
	inside, gathered := false, false
	for _, n := range index.Syms() {
		inside = inside || n == k.lane || k.inner[n] || k.data[n]
		gathered = gathered || k.data[n]
	}
	step, _, ok := index.Linear(k.lane)
	switch {
	case !inside:
		return 0.2 // outside of the loop
	case !gathered && ok && (step == 0 || step == 1):
		return 1
	}
	if !gathered && ok && 1 < step && step <= longestRecord {
		return costField
	}
	return 0.8 * float64(k.lanes)
}
