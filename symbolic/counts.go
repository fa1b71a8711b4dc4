package symbolic

import (
	"regexp"
	"slices"
	"strings"
)

// A while has a symbol for its number of passes, and sizes may mention it. A value
// with such a size depends on the while although none of its arguments may: it
// is sized by it. In a body, or outside of all, no two whiles have the same symbol
// unless they make the same passes.

// countMark stands in a symbol that a while gives its value, after the name
// under which people read it: no size of a model has it.
const countMark = "!"

// IsCount reports whether a symbol is the number of passes of a while.
func IsCount(sym string) bool { return strings.Contains(sym, countMark) }

// CountName is what such a symbol is called in print: passes, passes2.
func CountName(sym string) string { return strings.Replace(sym, countMark, "", 1) }

var countIn = regexp.MustCompile(`(\pL)` + countMark + `(\d*)`)

// ReadCounts writes such symbols in a text as they are read.
func ReadCounts(text string) string { return countIn.ReplaceAllString(text, "$1$2") }

// NewCount returns a symbol for the number of passes of a while, which is read
// as name.
func (g *Graph) NewCount(name string) Poly {
	if g.counts == nil {
		g.counts = map[string]int{}
	}
	g.counts[name]++
	if n := g.counts[name]; n > 1 {
		return Sym(name + countMark + Int(n).String())
	}
	return Sym(name + countMark)
}

// CountLike returns another symbol that is read like one.
func (g *Graph) CountLike(sym string) string {
	name, _, _ := strings.Cut(sym, countMark)
	s, _ := g.NewCount(name).AsSym()
	return s
}

// mentionsCount reports whether the size of n is known in its pass only.
func mentionsCount(n *Node) bool {
	for _, d := range n.Shape {
		if slices.ContainsFunc(d.Syms(), IsCount) {
			return true
		}
	}
	return false
}

// whilesAmong returns the whiles among nodes by the symbols of their counts.
func whilesAmong(nodes []*Node) map[string]*Node {
	var out map[string]*Node
	for _, n := range nodes {
		l, ok := n.Attr.(*Loop)
		if !ok || l.Kind != WhileLoop {
			continue
		}
		if out == nil {
			out = map[string]*Node{}
		}
		if s, _ := l.Count.AsSym(); out[s] == nil {
			out[s] = n
		}
	}
	return out
}

// sizedBy lists those of whiles whose number of passes n mentions: in its shape,
// in its attribute or in its body.
func (n *Node) sizedBy(whiles map[string]*Node) []*Node {
	if len(whiles) == 0 {
		return nil
	}
	var out []*Node
	note := func(ps ...Poly) {
		for _, p := range ps {
			for _, s := range p.Syms() {
				if w := whiles[s]; w != nil && w != n && !slices.Contains(out, w) {
					out = append(out, w)
				}
			}
		}
	}
	mentioned := func(m *Node) {
		note(m.Shape...)
		switch a := m.Attr.(type) {
		case SizeAttr:
			note(a.Poly)
		case *Loop:
			note(a.Count)
		case *Map:
			note(a.Index...)
			for _, c := range a.Guard {
				note(c.E)
			}
		}
	}
	mentioned(n)
	for _, m := range ReachableInside(bodyOf(n)...) {
		mentioned(m)
	}
	return out
}

// Ordered returns the nodes that roots depend on as Reachable does, and whiles
// also before what is sized by them.
func Ordered(roots ...*Node) []*Node {
	nodes := Reachable(roots...)
	whiles := whilesAmong(nodes)
	if len(whiles) == 0 {
		return nodes
	}
	seen := map[*Node]bool{}
	out := make([]*Node, 0, len(nodes))
	var add func(nodes []*Node)
	add = func(nodes []*Node) {
		for _, n := range nodes {
			if seen[n] {
				continue
			}
			seen[n] = true
			for _, w := range n.sizedBy(whiles) {
				if !seen[w] {
					add(Reachable(w))
				}
			}
			out = append(out, n)
		}
	}
	add(nodes)
	return out
}
