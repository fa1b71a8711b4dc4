package randprog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
)

// Shrink makes a program smaller as long as it fails. It drops declarations,
// statements, arguments and results, puts operands in the place of expressions,
// and makes numbers smaller; fails says whether what is left is a program that
// still fails in the same way. No more than tries texts are tried.
func (p *Program) Shrink(tries int, fails func(*Program) bool) *Program {
	best := p
	if q := p.Merged(); len(p.Parts) > 0 && fails(q) {
		best = q
	}
	for changed := true; changed; {
		changed = false
		for k := -1; k < len(best.Parts); k++ {
			// Large cuts first. After one that worked the places are others.
			for i := 0; ; i++ {
				text := best.text(k)
				cuts := cutsOf(text)
				if i >= len(cuts) {
					break
				}
				if tries--; tries < 0 {
					return best
				}
				less := tidy(cuts[i].in(text))
				if q := best.withText(k, less); len(less) < len(text) && fails(q) {
					best, changed = q, true
					i = max(-1, i-2)
				}
			}
		}
	}
	return best
}

// text is that of part k, or, for -1, of the program's own file.
func (p *Program) text(k int) string {
	if k < 0 {
		return p.Decls
	}
	return p.Parts[k].Decls
}

// withText is the program with another text in this place.
func (p *Program) withText(k int, text string) *Program {
	if k < 0 {
		return p.with(text)
	}
	q := p.with(p.Decls)
	q.Parts = slices.Clone(p.Parts)
	q.Parts[k].Decls = text
	return q
}

// A cut is a text in the place of a stretch of the program.
type cut struct {
	from, to int
	text     string
}

func (c cut) in(s string) string { return s[:c.from] + c.text + s[c.to:] }

const head = "package p\n\n"

func parse(decls string) *parser.File {
	var errs diag.List
	f := parser.Parse("p.bp", []byte(head+decls), &errs)
	if len(errs) > 0 {
		return nil
	}
	return f
}

// tidy is the text formatted; what is no text of the language stays as it is.
func tidy(decls string) string {
	f := parse(decls)
	if f == nil {
		return decls
	}
	return strings.TrimPrefix(string(parser.Format(f)), head)
}

// cutsOf lists what may be tried, the largest first.
func cutsOf(decls string) []cut {
	f := parse(decls)
	if f == nil {
		return nil
	}
	var out []cut
	add := func(s diag.Span, text string) {
		c := cut{s.Pos.Off - len(head), s.End.Off - len(head), text}
		if c.from >= 0 && c.to-c.from > len(text) {
			out = append(out, c)
		}
	}
	drop := func(n parser.Node) { add(n.Span(), "") }
	text := func(n parser.Node) string {
		s := n.Span()
		return decls[s.Pos.Off-len(head) : s.End.Off-len(head)]
	}
	var visit func(parser.Node) bool
	visit = func(n parser.Node) bool {
		switch n := n.(type) {
		case *parser.LoopStmt:
			drop(n)
			if n.Kind != parser.While {
				return true
			}
			// What counts its passes stays, or it might not end.
			parser.Inspect(n.Carry[0].Init, visit)
			for _, s := range n.Body.Stmts {
				if next, ok := s.(*parser.NextStmt); ok {
					parser.Inspect(next.Values[0], visit)
				} else {
					parser.Inspect(s, visit)
				}
			}
			return false
		case *parser.FuncDecl:
			drop(n)
			for i := range n.Params {
				out = append(out, without(decls, i, n.Params)...)
			}
			for i := range n.Derive {
				out = append(out, without(decls, i, n.Derive)...)
			}
			if len(n.Derive) == 1 {
				s := n.Derive[0].Span()
				out = append(out, cut{strings.LastIndex(decls[:s.Pos.Off-len(head)], "derive"), s.End.Off - len(head), ""})
			}
		case *parser.ReturnStmt:
			for i := range n.Values {
				out = append(out, without(decls, i, n.Values)...)
			}
		case *parser.LetStmt:
			drop(n)
			for i := range n.Values {
				if len(n.Names) == len(n.Values) {
					add(n.Span(), text(n.Names[i])+" = "+text(n.Values[i]))
				}
			}
		case parser.Stmt:
			drop(n)
		case *parser.Number:
			if n.Int && n.Value > 1 {
				s := n.Span()
				out = append(out, cut{s.Pos.Off - len(head), s.End.Off - len(head), fmt.Sprint(int(n.Value) - 1)})
			}
		case *parser.Type:
			for i := range n.Dims {
				out = append(out, without(decls, i, n.Dims)...)
			}
			drop(n)
		case parser.Expr:
			// Operands in its place: those right within, and numbers.
			depth := 0
			parser.Inspect(n, func(x parser.Node) bool {
				if x == n {
					return true
				}
				if e, ok := x.(parser.Expr); ok {
					add(n.Span(), "("+strings.Trim(text(e), "\n")+")")
					add(n.Span(), text(e))
				}
				depth++
				return depth < 12
			})
			add(n.Span(), "1")
			add(n.Span(), "0.5")
		}
		return true
	}
	parser.Inspect(f, visit)
	slices.SortStableFunc(out, func(a, b cut) int { return (b.to - b.from - len(b.text)) - (a.to - a.from - len(a.text)) })
	return out
}

// without drops entry i of a list with commas between.
func without[N parser.Node](decls string, i int, list []N) []cut {
	if len(list) < 2 {
		return nil
	}
	s := list[i].Span()
	from, to := s.Pos.Off-len(head), s.End.Off-len(head)
	if i+1 < len(list) {
		to = list[i+1].Span().Pos.Off - len(head)
	} else {
		from = list[i-1].Span().End.Off - len(head)
	}
	return []cut{{from, to, ""}}
}
