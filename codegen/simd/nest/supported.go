package nest

import (
	"fmt"
	"sync"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/mathfn"
	"github.com/bpgen/bpgen/symbolic"
)

// Supported says what in k has no form here; nil where Compile is going to
// work.
func Supported(k *loop.Kernel) (err error) {
	return caught(k.Name, func() {
		for _, v := range k.Results {
			if v.Type == symbolic.Boolean {
				failf("%s is a truth value, which no routine returns", v.Name)
			}
		}
		supportedStmts(k.Body)
	})
}

func supportedStmts(list []loop.Stmt) {
	each(list, func(s loop.Stmt) bool {
		switch s.(type) {
		case *loop.Loop, *loop.Let, *loop.Acc, *loop.Update, *loop.Pick, *loop.Store, *loop.Fill, *loop.If, *loop.Choose, *loop.Note:
		default:
			failf("statement %T has no vector form", s)
		}
		return true
	})
	exprs(list, func(e loop.Expr) {
		if a, ok := e.(*loop.Apply); ok {
			if err := operatorSupported(a.Op); err != nil {
				panic(err)
			}
		}
	})
}

var formsKnown sync.Map // *symbolic.OpSpec → error

// operatorSupported says why an operator has no vector form.
func operatorSupported(op *symbolic.OpSpec) error {
	if err, ok := formsKnown.Load(op); ok {
		err, _ := err.(error)
		return err
	}
	err := findForm(op)
	formsKnown.Store(op, err)
	return err
}

func findForm(op *symbolic.OpSpec) error {
	_, compares := comparisons[op]
	switch {
	case compares, maskForms[op] != nil, integerForms[op] != nil, vectorForms[op] != nil, mathfn.Lookup(op.Name) != nil,
		op == symbolic.OpTruth, op == symbolic.OpToReal, op.Lazy && op.Args == 3:
		return nil
	case op == symbolic.OpPowInt:
		return findForm(symbolic.OpPow)
	case op.Expand == nil || op.Class != symbolic.Elementwise:
		return unsupported(fmt.Sprintf("%s has no vector form", op.Name))
	}
	g := symbolic.NewGraph()
	var inputs []*symbolic.Node
	for i := range op.Args {
		inputs = append(inputs, g.Input(symbolic.ArgInput, string(rune('a'+i)), nil, op.ArgType(i)))
	}
	for _, n := range symbolic.Reachable(op.Expand(g, nil, inputs)) {
		if n.Op.Class == symbolic.Leaf {
			continue
		}
		if err := findForm(n.Op); err != nil {
			return err
		}
	}
	return nil
}
