package symbolic

import (
	"fmt"
	"math"
	"slices"
)

func runConst(env *Env, y *Node, _ []*Tensor) (*Tensor, error) {
	out, err := env.tensor(y)
	if err != nil {
		return nil, err
	}
	v, _ := ConstValue(y)
	v = env.round(v, y.Type)
	for i := range out.Data {
		out.Data[i] = v
	}
	return out, nil
}

func runInput(env *Env, y *Node, _ []*Tensor) (*Tensor, error) {
	key := y.Attr.Key()
	in := env.Inputs[key]
	if in == nil {
		return nil, fmt.Errorf("input %s is missing", key)
	}
	out, err := env.tensor(y)
	if err != nil {
		return nil, err
	}
	if len(in.Data) != len(out.Data) {
		return nil, fmt.Errorf("input %s has %d elements, want %v", key, len(in.Data), out.Shape)
	}
	if in.Shape != nil && !slices.Equal(in.Shape, out.Shape) {
		return nil, fmt.Errorf("input %s has shape %v, want %v", key, in.Shape, out.Shape)
	}
	for i, v := range in.Data {
		if y.Type == Integer && v != math.Trunc(v) || y.Type == Boolean && v != 0 && v != 1 {
			return nil, fmt.Errorf("input %s: element %d is %g, want %s", key, i, v, y.Type)
		}
		out.Data[i] = env.round(v, y.Type)
	}
	return out, nil
}

func runSize(env *Env, y *Node, _ []*Tensor) (*Tensor, error) {
	n, err := y.Attr.(SizeAttr).Poly.Eval(env.dim)
	if err != nil {
		return nil, err
	}
	return Scalar(float64(n)), nil
}

func runIota(env *Env, y *Node, _ []*Tensor) (*Tensor, error) {
	out, err := env.tensor(y)
	if err != nil {
		return nil, err
	}
	axis := y.Attr.(Axes)[0]
	each(out.Shape, func(i int, at []int) { out.Data[i] = float64(at[axis]) })
	return out, nil
}

func runReshape(env *Env, y *Node, x []*Tensor) (*Tensor, error) {
	shape, err := env.shape(y.Shape)
	if err != nil {
		return nil, err
	}
	return &Tensor{Shape: shape, Data: x[0].Data, faults: x[0].faults}, nil
}

func runConcat(env *Env, y *Node, x []*Tensor) (*Tensor, error) {
	out, err := env.tensor(y)
	if err != nil {
		return nil, err
	}
	axis := y.Attr.(Axes)[0]
	outer, inner := 1, 1
	for _, d := range out.Shape[:axis] {
		outer *= d
	}
	for _, d := range out.Shape[axis+1:] {
		inner *= d
	}
	at := 0
	for o := range outer {
		for _, t := range x {
			n := t.Shape[axis] * inner
			for i := range n {
				out.Data[at+i] = t.Data[o*n+i]
				out.setFault(at+i, t.fault(o*n+i))
			}
			at += n
		}
	}
	return out, nil
}
