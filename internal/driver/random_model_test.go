package driver_test

import (
	"fmt"
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

const examples = 3

func (c *randomCase) checkModel(raw *module.Model, d *module.ModelProcs) error {
	env := &symbolic.Env{Inputs: map[string]*symbolic.Tensor{}}
	var err error
	if env.Dims, err = c.sizes(append(slices.Clone(raw.Dims), raw.Call...), raw.Checks); err != nil {
		return err
	}
	env.Dims[module.Batch] = examples
	cc := &conformanceCase{Name: raw.Name, Batch: examples, Params: map[string]oracleTensor{}, Loss: new(oracleNumber)}
	for _, a := range raw.Args {
		c.arg(env, a)
		cc.Args = append(cc.Args, oracle(env.Inputs[a.Node.Attr.Key()]))
	}
	var xs []*symbolic.Node
	for _, q := range raw.Params {
		cc.Params[q.Name] = oracle(c.node(env, q.Node))
		xs = append(xs, q.Node)
	}
	if err := c.checkRaw(env, raw.Graph, []*symbolic.Node{raw.Train.Loss}, xs); err != nil {
		return err
	}
	grads := raw.Graph.Gradient(raw.Train.Loss, xs...)
	for i, n := range grads {
		if n == nil {
			grads[i] = raw.Graph.Like(0, xs[i])
		}
	}
	was, err := measure(env, c.rng, append(slices.Clone(grads), raw.Train.Loss))
	if err != nil {
		return err
	}
	if !c.prog.Across {
		if err := c.mean(env, raw, append(slices.Clone(grads), raw.Train.Loss), was); err != nil {
			return err
		}
	}
	for _, p := range []*module.Procedure{d.Infer, d.Loss, d.Grad} {
		if p == nil {
			continue
		}
		want, err := c.procedure(env, p)
		if err != nil {
			return err
		}
		c.procs = append(c.procs, measuredProc{p, want})
		if p != d.Grad {
			continue
		}
		at := 0
		for i, r := range p.Results {
			if r.Kind == module.ParamGradient {
				if err := near2("the gradient by "+r.Name+", simplified", want[i], was[at], unit64); err != nil {
					return err
				}
				at++
			}
		}
	}
	if d.Infer != nil {
		cc.Results = make([]oracleTensor, 1)
	}
	c.bound = &boundCase{conformanceCase: cc, what: raw.Name, model: d.Model, env: env}
	return nil
}

// mean holds what a batch gives against the mean of what its examples give.
func (c *randomCase) mean(env *symbolic.Env, raw *module.Model, roots []*symbolic.Node, want []measured) error {
	sum := make([]measured, len(want))
	for k := range examples {
		one := &symbolic.Env{Dims: map[string]int{}, Inputs: map[string]*symbolic.Tensor{}}
		for d, n := range env.Dims {
			one.Dims[d] = n
		}
		one.Dims[module.Batch] = 1
		for key, t := range env.Inputs {
			one.Inputs[key] = t
		}
		for _, a := range raw.Args {
			t := env.Inputs[a.Node.Attr.Key()]
			n := len(t.Data) / examples
			one.Inputs[a.Node.Attr.Key()] = &symbolic.Tensor{Shape: append([]int{1}, t.Shape[1:]...), Data: t.Data[k*n:][:n]}
		}
		ms, err := measure(one, c.rng, roots)
		if err != nil {
			return err
		}
		for i, m := range ms {
			if k == 0 {
				sum[i] = measured{make([]float64, len(m.v)), make([]float64, len(m.v))}
			}
			for j := range m.v {
				sum[i].v[j] += m.v[j] / examples
				sum[i].cond[j] += m.cond[j] / examples
			}
		}
	}
	for i := range want {
		if err := near2(fmt.Sprintf("the mean of the examples: result %d", i), sum[i], want[i], unit64); err != nil {
			return err
		}
	}
	return nil
}
