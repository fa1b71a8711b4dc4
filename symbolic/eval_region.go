package symbolic

import (
	"fmt"
	"maps"
)

// maxPasses bounds the passes of a loop in the interpreter.
const maxPasses = 1 << 24

// loop evaluates a loop and those of its parts that are asked for.
func (e *evaluator) loop(y *Node, args []*Tensor, parts []*Node) (*Tensor, map[*Node]*Tensor, error) {
	l := y.Attr.(*Loop)
	inits, elems, captures := argsOf(l, args)
	count := maxPasses
	if l.Kind != WhileLoop {
		n, err := l.Count.Eval(e.env.dim)
		if err != nil {
			return nil, nil, err
		}
		count = n
	}
	// What the body computes: its next values, and what is stacked.
	roots := append([]*Node(nil), l.Next...)
	var stacked []*Node
	for _, p := range parts {
		if at := p.Attr.(*Part); at.Kind == Stack {
			roots, stacked = append(roots, at.Of), append(stacked, p)
		}
	}
	carry := append([]*Tensor(nil), inits...)
	given := map[*Node]*Tensor{}
	for i, f := range l.Capture {
		given[f] = captures[i]
	}
	rows := make([][]*Tensor, len(stacked))
	passes := 0
	for k := range l.Elem { // of a while there may be two, and rounding may end them apart
		if n := elems[k].Shape[0]; n < count {
			return nil, nil, fmt.Errorf("a loop of %d passes goes over %d rows", count, n)
		}
	}
	for i := range max(count, 0) {
		at := i
		if l.Reverse {
			at = count - 1 - i
		}
		now := maps.Clone(given)
		if l.Index != nil {
			now[l.Index] = Scalar(float64(at))
		}
		for k, f := range l.Carry {
			now[f] = carry[k]
		}
		for k, f := range l.Elem {
			now[f] = elems[k].row(at)
		}
		if l.Cond != nil {
			c, err := e.run([]*Node{l.Cond}, maps.Clone(now))
			if err != nil {
				return nil, nil, err
			}
			if f := c[0].fault(0); f != nil {
				return nil, nil, f
			}
			if c[0].Data[0] == 0 {
				break
			}
			if e.passes++; i == maxPasses-1 || e.passes == e.env.Passes {
				return nil, nil, fmt.Errorf("a while has not ended after %d passes", e.passes)
			}
		}
		out, err := e.run(roots, now)
		if err != nil {
			return nil, nil, err
		}
		if l.Kind == TableLoop {
			carry = []*Tensor{carry[0].withRow(at, out[0])}
		} else {
			carry = out[:len(l.Next):len(l.Next)]
		}
		for k := range stacked {
			rows[k] = append(rows[k], out[len(l.Next)+k])
		}
		passes++
	}
	if l.Kind == WhileLoop {
		e.env.setDim(l.Count, passes)
	}
	values := map[*Node]*Tensor{}
	for _, p := range parts {
		if at := p.Attr.(*Part); at.Kind == Last {
			for k, f := range l.Carry {
				if f == at.Of {
					values[p] = carry[k]
				}
			}
		}
	}
	for k, p := range stacked {
		out, err := e.env.tensor(p)
		if err != nil {
			return nil, nil, err
		}
		for i, row := range rows[k] {
			if l.Reverse {
				i = len(rows[k]) - 1 - i
			}
			out.setRow(i, row)
		}
		values[p] = out
	}
	return Scalar(float64(passes)), values, nil
}

func argsOf(l *Loop, args []*Tensor) (inits, elems, captures []*Tensor) {
	k, e := len(l.Carry), len(l.Carry)+len(l.Elem)
	return args[:k], args[k:e], args[e:]
}

// setDim gives the symbol that a while's count is a value.
func (env *Env) setDim(count Poly, n int) {
	s, _ := count.AsSym()
	if env.Dims == nil {
		env.Dims = map[string]int{}
	}
	env.Dims[s] = n
}

// row returns t[i].
func (t *Tensor) row(i int) *Tensor {
	out := &Tensor{Shape: t.Shape[1:]}
	n := size(out.Shape)
	out.Data = t.Data[i*n : (i+1)*n]
	if t.faults != nil {
		out.faults = t.faults[i*n : (i+1)*n]
	}
	return out
}

// setRow makes row t[i].
func (t *Tensor) setRow(i int, row *Tensor) {
	n := len(row.Data)
	copy(t.Data[i*n:], row.Data)
	for k := range row.Data {
		if t.faults != nil {
			t.faults[i*n+k] = nil
		}
		t.setFault(i*n+k, row.fault(k))
	}
}

// withRow returns a copy of t in which row is t[i].
func (t *Tensor) withRow(i int, row *Tensor) *Tensor {
	out := &Tensor{Shape: t.Shape, Data: append([]float64(nil), t.Data...), faults: append([]error(nil), t.faults...)}
	out.setRow(i, row)
	return out
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
