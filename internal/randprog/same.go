package randprog

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/parser"
)

// Changes that must not matter.

// with is the program with other text.
func (p *Program) with(decls string) *Program {
	q := *p
	q.Decls = decls
	return &q
}

// all is the program with each of its files changed.
func (p *Program) all(change func(decls string) string) *Program {
	q := p.with(change(p.Decls))
	q.Parts = nil
	for _, f := range p.Parts {
		q.Parts = append(q.Parts, Part{f.Path, change(f.Decls)})
	}
	return q
}

// Formatted is the program as bpgen fmt lays it out.
func (p *Program) Formatted() *Program { return p.all(tidy) }

// own are the names that a program gives: a letter and a number.
var own = regexp.MustCompile(`\b[a-z][0-9]+\b`)

// Renamed is the program with other names, which sort the other way round.
func (p *Program) Renamed() *Program {
	return p.all(func(decls string) string {
		return own.ReplaceAllStringFunc(decls, func(name string) string {
			n, _ := strconv.Atoi(name[1:])
			return fmt.Sprintf("%c%d", 'a'+'z'-name[0], 999-n)
		})
	})
}

// layers own parameters, or draw random numbers: their order is that of the statements.
var layers = regexp.MustCompile(`\b(dense|rnn|gru|lstm|conv1d|conv2d|mlp|attention|crossattention|embedding|dropout|lay0of[0-9]+)\[|norm\(|\bl[0-9]+\(`)

// Reordered is the program with statements that stand side by side, and do not
// depend on each other, the other way round.
func (p *Program) Reordered() *Program {
	f := parse(p.Decls)
	if f == nil {
		return p
	}
	text := func(n parser.Node) string {
		s := n.Span()
		return p.Decls[s.Pos.Off-len(head) : s.End.Off-len(head)]
	}
	type swap struct{ a, b parser.Node }
	var swaps []swap
	visit := func(n parser.Node) bool {
		block, ok := n.(*parser.Block)
		if !ok {
			return true
		}
		for i := 0; i+1 < len(block.Stmts); i++ {
			a, b := block.Stmts[i], block.Stmts[i+1]
			if !computes(a) || !computes(b) || layers.MatchString(text(a)) || layers.MatchString(text(b)) || !p.independent(text(a), text(b), a.Span().Pos.Off-len(head)) {
				continue
			}
			swaps = append(swaps, swap{a, b})
			i++
		}
		return len(swaps) == 0 // what is inside of what moves stays
	}
	for _, d := range f.Decls {
		parser.Inspect(d, visit)
	}
	out := p.Decls
	for i := len(swaps) - 1; i >= 0; i-- {
		a, b := swaps[i].a.Span(), swaps[i].b.Span()
		at := func(off int) int { return off - len(head) }
		between := out[at(a.End.Off):at(b.Pos.Off)]
		out = out[:at(a.Pos.Off)] + text(swaps[i].b) + between + text(swaps[i].a) + out[at(b.End.Off):]
	}
	return p.with(out)
}

// computes reports whether a statement may stand elsewhere.
func computes(s parser.Stmt) bool {
	switch s.(type) {
	case *parser.LetStmt, *parser.IndexStmt, *parser.LoopStmt:
		return true
	}
	return false
}

// independent reports whether all that two statements share was there before the
// first of them, which begins at a place.
func (p *Program) independent(a, b string, at int) bool {
	before := " " + p.Decls[:at]
	in := map[string]bool{}
	for _, name := range own.FindAllString(a, -1) {
		in[name] = true
	}
	for _, name := range own.FindAllString(b, -1) {
		if in[name] && !regexp.MustCompile(`\b`+name+`\b`).MatchString(before) {
			return false
		}
	}
	return !strings.Contains(a+b, "}\n\n")
}
