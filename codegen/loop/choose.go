package loop

import (
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// A reason says why a value has storage of its own.
type reason uint8

const (
	inlined    reason = iota // it has none: it is computed where it is read
	isInput                  // it comes from the caller
	isResult                 // it goes to the caller
	isReduced                // it is a reduction
	isMoved                  // it is put together by moving parts
	isNamed                  // the model has a name for it
	isShared                 // several values read it
	isRepeated               // it would be computed again for every element of an axis it does not have
	isReshaped               // it is read under another shape
	isOperand                // a matrix product reads it
	isCarried                // a loop carries or stacks it
	isAcross                 // a loop would read it across memory in each pass
	isLong                   // with it the expression that reads it would be hard to read
)

func (r reason) String() string {
	return [...]string{
		"inlined", "input", "result", "reduction", "moved parts", "named", "read more than once",
		"read under more axes", "read under another shape", "factor of a matrix product", "value of a loop", "read across in a loop", "long expression",
	}[r]
}

// What inlining may cost: an expression of more than longest operators is cut,
// and one of at most trifle operators is rather computed again than kept.
const (
	longest = 8
	trifle  = 1
	call    = 4 // the weight of a function beside arithmetic
)

// choose decides which nodes have storage. Everything else is computed where
// it is read.
func (l *lowering) choose(roots []*symbolic.Node) {
	l.store = map[*symbolic.Node]reason{}
	l.alias = map[*symbolic.Node]string{}
	nodes := l.needed(roots)
	l.uses = map[*symbolic.Node]int{}
	for _, n := range nodes {
		for _, a := range n.Args {
			l.uses[a]++
		}
	}
	for _, r := range roots {
		if r.Op.Class != symbolic.Leaf {
			l.store[r] = isResult
		}
	}
	l.keepByUse(nodes)
	l.keepRepeated(nodes)
	l.keepOperands(nodes)
	l.keepLong(nodes) // what is left, for all that is kept anyhow makes expressions shorter
}

// keepOperands gives storage to the factors of sums of products that may be
// done as contractions: those read memory.
func (l *lowering) keepOperands(nodes []*symbolic.Node) {
	for _, n := range nodes {
		if n.Op != symbolic.OpSum || l.store[n.Args[0]] != inlined || n.Args[0].Op != symbolic.OpMul {
			continue
		}
		if !l.worthProduct(n.Args[0].Shape) {
			continue
		}
		var factors []*symbolic.Node
		for _, f := range n.Args[0].Args {
			if isPlainAccess(f) && l.store[f] == inlined && repeats(f.Attr.(*symbolic.Map), f.Args) {
				factors = append(factors, f.Args[0])
			}
		}
		if len(factors) != 2 {
			continue
		}
		for _, f := range factors {
			for isPlainAccess(f) && l.store[f] == inlined {
				f = f.Args[0]
			}
			gathered := f.Op == symbolic.OpAccess && len(f.Args) > 1 && l.outer == nil
			if (f.Op.Class == symbolic.Elementwise || gathered) && l.store[f] == inlined {
				l.store[f] = isOperand
			}
		}
	}
}

// keepByUse goes from arguments to users and gives storage to what has to have
// it, and what several read. weight is what inlining costs.
func (l *lowering) keepByUse(nodes []*symbolic.Node) {
	weight := map[*symbolic.Node]int{}
	keep := func(n *symbolic.Node, why reason) {
		if l.store[n] == inlined && n.Op.Class != symbolic.Leaf {
			l.store[n] = why
		}
	}
	inner := map[*symbolic.Node]bool{} // parts of parts
	for _, n := range nodes {
		for _, a := range n.Args {
			inner[a] = isConcat(n) && isConcat(a) && l.uses[a] == 1
		}
	}
	for _, n := range nodes {
		if n.Op.Class == symbolic.Leaf {
			continue
		}
		w := opWeight(n)
		for _, a := range n.Args {
			w += weight[a]
		}
		_, isShape := n.Attr.(symbolic.ShapeAttr)
		switch {
		case n.Op == symbolic.OpLoop:
			keepForLoop(n, keep)
		case n.Op.Class == symbolic.Reduction:
			keep(n, isReduced)
		case n.Op.Class == symbolic.Scatter || isConcat(n) && !inner[n]:
			keep(n, isMoved)
		case isShape && mixes(n.Args[0].Shape, n.Shape):
			keep(n.Args[0], isReshaped)
			if n.Name != "" && l.alias[n.Args[0]] == "" {
				l.alias[n.Args[0]] = n.Name
			}
			w = opWeight(n)
		case n.Op.Class != symbolic.Elementwise:
		case n.Name != "" && (l.uses[n] > 1 || len(n.Shape) == 0):
			keep(n, isNamed)
		case l.uses[n] > 1 && w > trifle:
			keep(n, isShared)
		}
		if l.store[n] == inlined {
			weight[n] = w
		}
	}
}

// keepLong goes from arguments to users and cuts expressions that are long, before the
// last step where that reads something that has a name.
func (l *lowering) keepLong(nodes []*symbolic.Node) {
	weight := map[*symbolic.Node]int{}
	for _, n := range nodes {
		if n.Op.Class == symbolic.Leaf || l.store[n] != inlined {
			continue
		}
		w := opWeight(n)
		for _, a := range n.Args {
			w += weight[a]
		}
		if n.Op.Class == symbolic.Elementwise && w > longest {
			cut := n
			for _, a := range n.Args {
				if a.Name != "" && w-weight[a] <= longest {
					cut = a
				}
			}
			weight[n] = w
			w -= weight[cut]
			l.store[cut], weight[cut] = isLong, 0
		}
		weight[n] = w
	}
}

// keepRepeated goes from users to arguments and gives storage to what would be
// computed again and again because it is read under axes that it does not have.
func (l *lowering) keepRepeated(nodes []*symbolic.Node) {
	repeated := map[*symbolic.Node]bool{}
	for i := len(nodes) - 1; i >= 0; i-- {
		n := nodes[i]
		if n.Op.Class == symbolic.Leaf {
			continue
		}
		if repeated[n] && l.store[n] == inlined && opWeight(n) > 0 && l.inlineWeight(n, trifle+1) > trifle {
			l.store[n] = isRepeated
		}
		m, isMap := n.Attr.(*symbolic.Map)
		for j, a := range n.Args {
			if l.store[n] == inlined && repeated[n] || isMap && n.Op.Class == symbolic.Movement && j == 0 && repeats(m, n.Args) {
				repeated[a] = true
			}
		}
	}
}

// inlineWeight is the weight of n's expression down to what has storage, or
// enough where it is at least that.
func (l *lowering) inlineWeight(n *symbolic.Node, enough int) int {
	w := opWeight(n)
	for _, a := range n.Args {
		if w >= enough {
			return enough
		}
		if l.store[a] == inlined {
			w += l.inlineWeight(a, enough-w)
		}
	}
	return w
}

// opWeight is what it costs to compute one element of n from its arguments.
func opWeight(n *symbolic.Node) int {
	switch n.Op.Class {
	case symbolic.Elementwise:
		if isCall(n.Op) {
			return call
		}
		return 1
	case symbolic.Movement:
		if m, ok := n.Attr.(*symbolic.Map); ok && (len(n.Args) > 1 || len(m.Guard) > 0) {
			return trifle + 1 // an index is loaded first, or there is a branch
		}
	}
	return 0
}

// isCall reports whether an operator is more than an instruction or two.
func isCall(op *symbolic.OpSpec) bool {
	return strings.Contains(op.Go, ".") || op.Go == "" && !op.Lazy || op == symbolic.OpUniform23 || op == symbolic.OpUniform52
}

// repeats reports whether elements of the argument are read for several
// elements of the access's result.
func repeats(m *symbolic.Map, args []*symbolic.Node) bool {
	if len(args) > 1 {
		return true
	}
	used := map[string]bool{}
	axes, dims := 0, 0
	for i, e := range m.Index {
		if !args[0].Shape[i].Is(1) {
			dims++
		}
		for _, s := range e.Syms() {
			used[s] = true
		}
	}
	for i, d := range m.Shape {
		if d.Is(1) {
			continue
		}
		axes++
		if !used[symbolic.Axis(i).String()] {
			return true
		}
	}
	return axes > dims
}

func isConcat(n *symbolic.Node) bool {
	_, axes := n.Attr.(symbolic.Axes)
	return axes && n.Op.Class == symbolic.Movement
}

// A run is a stretch of axes of one shape that holds the same elements as a
// stretch of axes of another.
type run struct{ from, to []int } // axis numbers

// runs matches the axes of two shapes of the same size, in stretches as short
// as can be.
func runs(from, to symbolic.Shape) []run {
	var out []run
	i, j := 0, 0
	for i < len(from) || j < len(to) {
		di, dj := matching(from[i:], to[j:])
		r := run{}
		for k := range di {
			r.from = append(r.from, i+k)
		}
		for k := range dj {
			r.to = append(r.to, j+k)
		}
		out = append(out, r)
		i, j = i+di, j+dj
	}
	return out
}

// matching returns the fewest leading dims of a and b that have equal products.
func matching(a, b symbolic.Shape) (int, int) {
	for total := 1; total <= len(a)+len(b); total++ {
		for i := min(total, len(a)); i >= 0; i-- {
			j := total - i
			if j <= len(b) && a[:i].Size().Equal(b[:j].Size()) {
				return i, j
			}
		}
	}
	return len(a), len(b)
}

// mixes reports whether reading shape to out of shape from needs an index to
// be split, so that the elements must be there in one piece.
func mixes(from, to symbolic.Shape) bool {
	for _, r := range runs(from, to) {
		n := 0
		for _, a := range r.from {
			if !from[a].Is(1) {
				n++
			}
		}
		if n > 1 {
			return true
		}
	}
	return false
}
