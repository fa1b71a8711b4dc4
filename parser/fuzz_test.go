package parser

import (
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
)

func seed(f *testing.F) {
	for _, src := range programs(f) {
		if len(src) < 4000 {
			f.Add(src)
		}
	}
	f.Add([]byte(tour))
	f.Add([]byte("package a\nfunc f(x) = {\n // c\n\n if x {//c\n1\n}//c\nelse{2}}\n"))
	f.Add([]byte("package a\nfunc f(x\n//c\n,y)\n//c\nderive//c\nnone//c\n//c\n{[[1,-2],\n[11,2]]}//c"))
}

// FuzzParse: reading ends without a panic, errors are within the file, and a
// tree that is said to be right has no Bad in it.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		var list diag.List
		tree := Parse("a.bp", src, &list)
		checkTree(t, tree, list)
		for _, d := range list {
			if p := d.Span.Pos; p.Line < 1 || p.Off < 0 || d.Span.End.Off > len(src) || d.Span.End.Off < p.Off {
				t.Errorf("%v to %v: %v", p, d.Span.End, d)
			}
		}
		Inspect(tree, func(n Node) bool {
			switch n := n.(type) {
			case *Bad:
				if len(list) == 0 {
					t.Errorf("Bad at %v without an error", n.Span().Pos)
				}
			case *Ident:
				if n.Name == "" && len(list) == 0 {
					t.Errorf("no name at %v without an error", n.Span().Pos)
				}
			}
			return true
		})
	})
}

func FuzzFormat(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, src []byte) { checkFormat(t, "a.bp", src) })
}
