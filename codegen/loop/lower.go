package loop

import (
	"fmt"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// Lower returns the loop program of a procedure.
func Lower(p *module.Procedure) (prog *Program, err error) {
	for _, r := range p.Results {
		if r.Node == nil {
			return nil, fmt.Errorf("loop: result %s of %s has no value", r.Name, p.Name)
		}
	}
	err = symbolic.Guard(func() {
		l := &lowering{proc: p, values: map[*symbolic.Node]*value{}}
		roots := expand(p)       // only what loops can say is left
		l.choose(roots)          // which values get storage
		l.build(roots)           // one comp for each way a value is written
		l.tree = fuse(l.comps)   // comps share loops
		l.shrink()               // temporaries lose the axes of shared loops
		l.name()                 // buffers get identifiers
		prog = l.emit(l.tree)    // statements
		prog.Why = l.explain()   // what the dump says about all this
		prog.Dims = dimsOf(prog) // what sizes mention
	})
	if err != nil {
		return nil, fmt.Errorf("loop: %s: %w", p.Name, err)
	}
	return prog, nil
}

// A lowering is the state that the passes hand on.
type lowering struct {
	proc   *module.Procedure
	store  map[*symbolic.Node]reason // why a node has storage of its own
	alias  map[*symbolic.Node]string // the model's name for the same elements
	uses   map[*symbolic.Node]int    // how many arguments it is
	values map[*symbolic.Node]*value
	order  []*value // values in order of making: inputs and results too
	outs   []*value // one for each result
	comps  []*comp  // in order of dependence
	tree   []*group
	used   map[string]bool // names of buffers and dims
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
	buf     *Buffer  // nil where v holds it
	v       *Var     // of a temporary without axes
	local   []*group // where not nil, v holds only the element of these loops' iteration
	filled  bool     // what accumulates in it starts from zero, made sure of
}

func (l *lowering) newValue(n *symbolic.Node, kind BufferKind, why reason) *value {
	v := &value{id: len(l.order), node: n, kind: kind, why: why, lost: make([]bool, len(n.Shape))}
	l.order = append(l.order, v)
	return v
}
