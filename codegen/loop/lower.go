package loop

import (
	"fmt"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// Lower returns the loop program of a procedure.
func Lower(p *module.Procedure) (prog *Program, err error) { return lowerWith(p, tiling{}) }

func lowerWith(p *module.Procedure, how tiling) (prog *Program, err error) {
	for _, r := range p.Results {
		if r.Node == nil {
			return nil, fmt.Errorf("loop: result %s of %s has no value", r.Name, p.Name)
		}
	}
	err = symbolic.Guard(func() {
		how.spine = module.Batch
		roots := expand(p, how) // only what loops can say is left
		if how.spine = spineOf(p, roots); how.spine != module.Batch {
			if prog = lowerAll(p, products(p.Graph, roots, how.spine), how); tiled(prog) {
				return
			}
		}
		how.spine = module.Batch
		prog = lowerAll(p, roots, how)
	})
	if err != nil {
		return nil, fmt.Errorf("loop: %s: %w", p.Name, err)
	}
	return prog, nil
}

// lowerAll finds how many rows tiles have, if there are tiles, and lowers.
func lowerAll(p *module.Procedure, roots []*symbolic.Node, how tiling) *Program {
	if how.size > 0 {
		return lower(p, roots, how)
	}
	how.size = 1
	prog := lower(p, roots, how)
	if tiled(prog) { // again, now that its temporaries are known
		how.each, how.weights = guess(perTile(prog, how.spine)), weightsOf(prog)
		if how.spine != module.Batch { // what a second row takes
			how.size = 2
			how.each = guessBy(perTile(lower(p, roots, how), how.spine).Sub(perTile(prog, how.spine)), besides)
		}
		how.size = rowsFor(how.each, how.weights)
		prog = lower(p, roots, how)
	}
	return prog
}

func lower(p *module.Procedure, roots []*symbolic.Node, how tiling) *Program {
	l := &lowering{proc: p, tiling: how, values: map[*symbolic.Node]*value{}, aliases: map[*symbolic.Node]*alias{}}
	l.choose(roots)          // which values get storage
	l.build(roots)           // one comp for each way a value is written
	l.tree = l.fuse()        // comps share loops, tiles and contractions
	l.shrink()               // temporaries lose the axes of shared loops
	l.name()                 // buffers get identifiers
	prog := l.emit(l.tree)   // statements
	widen(prog.Body)         // long sums are kept in float64
	prog.Bands = l.notes     // how batches are gone through
	prog.Why = l.explain()   // what the dump says about all this
	prog.Dims = dimsOf(prog) // what sizes mention
	return prog
}

// A lowering is the state that the passes hand on.
type lowering struct {
	proc *module.Procedure
	tiling
	store  map[*symbolic.Node]reason // why a node has storage of its own
	alias  map[*symbolic.Node]string // the model's name for the same elements
	uses   map[*symbolic.Node]int    // how many arguments it is
	values map[*symbolic.Node]*value
	order  []*value // values in order of making: inputs and results too
	outs   []*value // one for each result
	comps  []*comp  // in order of dependence
	tree   []*group
	used   map[string]bool // names of buffers and dims
	notes  []string        // for the dump: how batches are gone through

	// Of the body of a loop:
	outer   *lowering
	dest    []*value // where its roots go
	late    []*lateSum
	counts  map[string]*value // by the numbers of passes of whiles: something that these give
	passes  []*pass           // the loops around, outermost first
	seen    []*value          // those of outer that are read here
	aliases map[*symbolic.Node]*alias
	done    map[*symbolic.Node]bool // parts of loops that those write themselves
}

// A value is what has storage: an input, a result or a temporary.
type value struct {
	id      int
	node    *symbolic.Node
	kind    BufferKind
	result  *module.Result // of an Out
	why     reason
	writers []*comp
	readers []*comp
	name    string
	lost    []bool   // axes whose loop encloses all writers and readers
	tile    *group   // the tiles that enclose them, where only an element for each row is kept
	tiled   int      // the axis that goes over those rows
	buf     *Buffer  // nil where v holds it
	v       *Var     // of a temporary without axes
	local   []*group // where not nil, v holds only the element of these loops' iteration
	filled  bool     // what accumulates in it starts from zero, made sure of
	roomy   bool     // its buffer has grown as it has to

	// A view is a part of another value: its elements with the leading indices.
	of   *value
	lead []symbolic.Poly
	in   []*pass // that lead mentions
}

func (l *lowering) newValue(n *symbolic.Node, kind BufferKind, why reason) *value {
	v := &value{id: len(l.order), node: n, kind: kind, why: why, lost: make([]bool, len(n.Shape)), in: l.passes}
	l.order = append(l.order, v)
	return v
}
