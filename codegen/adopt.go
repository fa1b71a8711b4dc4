package codegen

import (
	"slices"
	"strings"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/dave/jennifer/jen"
)

// adoption says how variables that become scalar results go by the result's
// name.
type adoption struct {
	stores  map[*loop.Store]bool // that have become unnecessary
	written map[*loop.Buffer]int // how often a buffer is stored to
	result  map[*loop.Var]bool   // variables that are a result of the Go function
}

func newAdoption(prog *loop.Program) *adoption {
	a := &adoption{map[*loop.Store]bool{}, map[*loop.Buffer]int{}, map[*loop.Var]bool{}}
	walkStmts(prog.Body, func(s loop.Stmt) {
		switch s := s.(type) {
		case *loop.Store:
			a.written[s.Buf]++
		case *loop.Fill:
			a.written[s.Buf]++
		}
	})
	return a
}

// nameless reports whether a variable has no name of the model's: it is called
// after the result, or with one of the letters that loop programs use.
func nameless(v *loop.Var, result *loop.Buffer) bool {
	base := strings.TrimRight(v.Name, "0123456789_")
	return base == strings.TrimRight(result.Name, "0123456789_") || slices.Contains([]string{"v", "s", "t", "m", "p", "d", "at", "on"}, base)
}

// adopt lets a variable that becomes a scalar result as it is go by the
// result's name, so that no line does nothing but rename it.
func (p *printer) adopt(list []loop.Stmt) {
	declared := map[*loop.Var]bool{}
	for _, s := range list {
		switch s := s.(type) {
		case *loop.Let:
			l, ok := s.Value.(*loop.Load)
			declared[s.Var] = !ok || l.Buf.Kind != loop.In
		case *loop.Acc:
			declared[s.Var] = !p.wide[s.Var]
		case *loop.Store:
			ref, ok := s.Value.(*loop.Ref)
			if !ok || s.Op != nil || !p.scalars[s.Buf] || p.adopted.written[s.Buf] != 1 ||
				!declared[ref.Var] || p.vars[ref.Var] != "" || ref.Var.Type != s.Buf.Type || !nameless(ref.Var, s.Buf) {
				continue
			}
			name := p.bufs[s.Buf]
			p.vars[ref.Var], p.symbol[ref.Var.Name] = name, jen.Id(name)
			p.adopted.stores[s] = true
			p.adopted.result[ref.Var] = p.defined[s.Buf]
			p.defined[s.Buf] = true
		}
	}
}
