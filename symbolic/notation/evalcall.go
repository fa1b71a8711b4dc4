package notation

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
)

// pulled asks the interpreter of the graph what comes back.
func (e *evaluator) pulled(p *Pull) *symbolic.Tensor {
	pulls := e.env.pulls
	if pulls[p] == nil {
		env := &symbolic.Env{Dims: e.env.Dims, Inputs: map[string]*symbolic.Tensor{}}
		for n, v := range p.Inputs {
			if t := e.env.Values[v]; t != nil && n.Op == symbolic.OpInput {
				env.Inputs[n.Attr.Key()] = t
			}
		}
		ts, err := symbolic.Eval(env, p.Node)
		if err != nil {
			fail("%v", err)
		}
		if pulls == nil {
			pulls = map[*Pull]*symbolic.Tensor{}
			e.env.pulls = pulls
		}
		pulls[p] = ts[0]
	}
	return pulls[p]
}

// call asks the interpreter of the graph what the operator makes of its
// arguments.
func (e *evaluator) call(x *Expr) array {
	out := e.called(x)
	if x.Index == nil {
		return out
	}
	at := 0
	for i, p := range x.Index {
		at = at*out.shape[i] + e.poly(p, x.Data)
	}
	return scalar(out.data[at])
}

// called is the result of the call as a whole. It is kept as long as the
// indices that its arguments are over stay the same.
func (e *evaluator) called(x *Expr) array {
	key := ""
	for _, s := range slices.Sorted(maps.Keys(e.at)) {
		for _, a := range x.Args {
			if a.over(s) {
				key += fmt.Sprintf("%s=%d ", s, e.at[s])
				break
			}
		}
	}
	k := e.calls[x]
	if k == nil || k.key != key {
		k = &kept{key, e.callNow(x)}
		e.calls[x] = k
	}
	return k.array
}

// kept is the result of a call for some values of indices.
type kept struct {
	key string
	array
}

func (e *evaluator) callNow(x *Expr) array {
	env := &symbolic.Env{Dims: e.env.Dims, Inputs: map[string]*symbolic.Tensor{}}
	g := symbolic.NewGraph()
	var args []*symbolic.Node
	for i, a := range x.Args {
		v := e.whole(a)
		name := fmt.Sprint(i)
		shape, typ := symbolic.Shp(v.shape...), symbolic.Real
		if x.Loop != nil {
			shape, typ = x.Loop.Args[i].Shape, x.Loop.Args[i].Type
		}
		in := g.Input(symbolic.ArgInput, name, shape, typ)
		args = append(args, in)
		env.Inputs["arg:"+name] = &symbolic.Tensor{Shape: v.shape, Data: v.data}
	}
	attr := x.Attr
	if s, ok := attr.(symbolic.ShapeAttr); ok {
		attr = symbolic.ShapeAttr{Shape: symbolic.Shp(e.shape(s.Shape)...)}
	}
	if x.Loop != nil && x.Loop.Op != x.Op {
		args = []*symbolic.Node{g.Apply(x.Loop.Op, x.Loop.Attr, args...)}
	}
	t, err := symbolic.Eval(env, g.Apply(x.Op, attr, args...))
	if err != nil {
		fail("%s: %v", strings.TrimSpace(Text(x)), err)
	}
	return array{shape: t[0].Shape, data: t[0].Data}
}
