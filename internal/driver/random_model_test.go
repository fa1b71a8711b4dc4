package driver_test

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

const examples = 3

func (c *randomCase) checkModel(raw *module.Model, d *module.ModelProcs) error {
	env := &symbolic.Env{Inputs: map[string]*symbolic.Tensor{}}
	var sizes []string
	for _, g := range raw.Givens {
		if g.Size {
			sizes = append(sizes, g.Name)
		}
	}
	c.said = []*symbolic.Node{raw.Train.Loss}
	for _, v := range raw.Train.Outputs {
		c.said = append(c.said, v.Node)
	}
	var err error
	if env.Dims, err = c.sizes(append(slices.Clone(raw.Dims), raw.Call...), raw.Args, sizes, raw.Checks); err != nil {
		return err
	}
	env.Dims[module.Batch] = examples
	cc := &conformanceCase{Name: raw.Name, Batch: examples, Params: map[string]oracleTensor{}}
	for _, a := range raw.Args {
		c.arg(env, a)
		cc.Args = append(cc.Args, oracle(env.Inputs[a.Node.Attr.Key()]))
	}
	var xs []*symbolic.Node
	for _, q := range raw.Params {
		cc.Params[q.Name] = oracle(c.node(env, q.Node))
		xs = append(xs, q.Node)
	}
	for _, s := range raw.States {
		c.node(env, s.Node)
	}
	for _, g := range raw.Givens {
		c.given(env, g)
	}
	setSamples(env, raw, 0)
	for _, a := range raw.Inputs {
		xs = append(xs, a.Node)
	}
	// The outputs of a model without a loss, and else the loss.
	ys := []*symbolic.Node{raw.Train.Loss}
	if raw.Pull {
		ys = nil
		for _, v := range raw.Train.Outputs {
			if v.Node.Type == symbolic.Real {
				ys = append(ys, v.Node)
			}
		}
	}
	if err := c.checkRaw(env, raw.Graph, ys, xs); err != nil {
		return err
	}
	us := []*symbolic.Node{raw.Graph.Num(1)}
	if raw.Pull {
		us = make([]*symbolic.Node, len(ys))
		for i, s := range d.Pull.Seeds { // of the same name in the raw graph
			us[i] = raw.Graph.Input(symbolic.SeedInput, s.Attr.(symbolic.Input).Name, ys[i].Shape, symbolic.Real)
			c.node(env, us[i])
		}
	}
	grads := raw.Graph.VJP(ys, us, xs)
	for i, n := range grads {
		if n == nil {
			grads[i] = raw.Graph.Like(0, xs[i])
		}
	}
	for _, s := range raw.States {
		if s.Next != nil {
			grads = append(grads, s.Next)
		}
	}
	was, err := measure(env, c.rounding, append(slices.Clone(grads), ys...))
	if err != nil {
		return err
	}
	if !c.prog.Across && !raw.Pull {
		if err := c.mean(env, raw, append(slices.Clone(grads), ys...), was); err != nil {
			return err
		}
	}
	// What each result of a procedure is as the model says it.
	said := map[module.ResultKind]map[string]measured{module.ParamGradient: {}, module.InputGradient: {}, module.NextState: {}}
	at := 0
	note := func(kind module.ResultKind, name string) {
		said[kind][name] = was[at]
		at++
	}
	for _, q := range raw.Params {
		note(module.ParamGradient, q.Name)
	}
	for _, a := range raw.Inputs {
		note(module.InputGradient, a.Name)
	}
	for _, s := range raw.States {
		if s.Next != nil {
			note(module.NextState, s.Name)
		}
	}
	for _, p := range []*module.Procedure{d.Infer, d.Loss, d.Grad, d.Inputs, d.Pull} {
		if p == nil {
			continue
		}
		want, err := c.procedure(env, p)
		if err != nil {
			return err
		}
		c.procs = append(c.procs, measuredProc{p, want})
		for i, r := range p.Results {
			if was, ok := said[r.Kind][r.Name]; ok {
				if err := near2(p.Name+": "+r.Name+", simplified", want[i], was, unit64); err != nil {
					return err
				}
			}
		}
	}
	if d.Infer != nil {
		cc.Results = make([]oracleTensor, 1)
	}
	if raw.Train.Loss != nil {
		cc.Loss = new(oracleNumber)
	}
	c.bound = &boundCase{conformanceCase: cc, what: raw.Name, model: d.Model, env: env}
	if raw.Rule != nil {
		c.trained, err = c.train(env, raw, grads)
	}
	if errors.Is(err, errKink) {
		return nil // the model says something, if not how it is trained
	}
	return err
}

// modelSeed is what New and work are given.
const modelSeed = 1

// setSamples sets the keys of random numbers for a step.
func setSamples(env *symbolic.Env, m *module.Model, step int) {
	for i, s := range m.Samples {
		for word, k := range symbolic.SampleKey(modelSeed, step, i) {
			env.Inputs[s.Key[word].Attr.Key()] = symbolic.Scalar(k)
		}
	}
}

// A training is some steps, and what they make of the parameters and states.
type training struct {
	batches []int // the first examples, in each step
	names   []string
	want    []measured // the loss of each step, and then a tensor for each name
}

// train makes steps as the model and its rule say, with the gradient as it was
// before rewriting.
func (c *randomCase) train(env *symbolic.Env, m *module.Model, grads []*symbolic.Node) (*training, error) {
	tr := &training{batches: []int{examples, examples - 1, examples}}
	for _, q := range m.Params {
		tr.names = append(tr.names, q.Name)
	}
	for _, s := range m.States {
		tr.names = append(tr.names, s.Name)
	}
	var err error
	tr.want, err = measureAll(c.rounding, func(round func(float64) float64) ([]*symbolic.Tensor, error) {
		e := &symbolic.Env{Dims: map[string]int{}, Inputs: map[string]*symbolic.Tensor{}, Round: round}
		for d, n := range env.Dims {
			e.Dims[d] = n
		}
		for key, t := range env.Inputs {
			e.Inputs[key] = t
		}
		kept := map[string][]*symbolic.Tensor{} // by the rule, for each parameter
		var losses []*symbolic.Tensor
		for step, n := range tr.batches {
			e.Dims[module.Batch] = n
			for _, a := range m.Args {
				e.Inputs[a.Node.Attr.Key()] = firstExamples(env.Inputs[a.Node.Attr.Key()], n)
			}
			setSamples(e, m, step+1)
			roots := append(slices.Clone(grads), m.Train.Loss)
			got, err := symbolic.Eval(e, roots...)
			if err != nil {
				return nil, err
			}
			losses = append(losses, got[len(got)-1])
			if err := stepOf(e, m.Rule, m.Params, got, kept, step+1); err != nil {
				return nil, err
			}
			at := len(m.Params) + len(m.Inputs)
			for _, s := range m.States {
				if s.Next != nil {
					e.Inputs[s.Node.Attr.Key()] = got[at]
					at++
				}
			}
		}
		out := losses
		for _, q := range m.Params {
			out = append(out, e.Inputs[q.Node.Attr.Key()])
		}
		for _, s := range m.States {
			out = append(out, e.Inputs[s.Node.Attr.Key()])
		}
		return out, nil
	})
	if err != nil {
		return nil, err
	}
	return tr, nil
}

// firstExamples are the first n of a batch.
func firstExamples(t *symbolic.Tensor, n int) *symbolic.Tensor {
	shape := append([]int{n}, t.Shape[1:]...)
	return &symbolic.Tensor{Shape: shape, Data: t.Data[:len(t.Data)/t.Shape[0]*n]}
}

// stepOf makes one step of a rule, with all parameters' gradients.
func stepOf(env *symbolic.Env, r *module.Rule, params []*module.Param, grads []*symbolic.Tensor, kept map[string][]*symbolic.Tensor, step int) error {
	square := 0.0
	for i := range params {
		for _, v := range grads[i].Data {
			square += v * v
		}
	}
	for i, q := range params {
		w := env.Inputs[q.Node.Attr.Key()]
		flat := func(t *symbolic.Tensor) *symbolic.Tensor { return symbolic.Vector(t.Data...) }
		if kept[q.Name] == nil {
			for _, s := range r.States {
				t := symbolic.NewTensor(len(w.Data))
				for k := range t.Data {
					t.Data[k] = s.Start
				}
				kept[q.Name] = append(kept[q.Name], t)
			}
		}
		at := slices.IndexFunc(r.Updates, func(u *module.Update) bool { return u.Ranks == nil || slices.Contains(u.Ranks, len(q.Shape)) })
		u := r.Updates[at]
		size, _ := u.W.Shape[0].AsSym()
		e := &symbolic.Env{Dims: map[string]int{size: len(w.Data)}, Round: env.Round, Inputs: map[string]*symbolic.Tensor{
			u.W.Attr.Key(): flat(w), u.G.Attr.Key(): flat(grads[i]),
		}}
		for _, h := range r.Hypers {
			e.Inputs[h.Node.Attr.Key()] = symbolic.Scalar(h.Default)
		}
		for k, s := range r.States {
			e.Inputs[s.Node.Attr.Key()] = kept[q.Name][k]
		}
		if u.Step != nil {
			e.Inputs[u.Step.Attr.Key()] = symbolic.Scalar(float64(step))
		}
		if u.Norm != nil {
			e.Inputs[u.Norm.Attr.Key()] = symbolic.Scalar(math.Sqrt(square))
		}
		got, err := symbolic.Eval(e, append([]*symbolic.Node{u.NewW}, u.Next...)...)
		if err != nil {
			return err
		}
		env.Inputs[q.Node.Attr.Key()] = &symbolic.Tensor{Shape: w.Shape, Data: got[0].Data}
		kept[q.Name] = got[1:]
	}
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
		ms, err := measure(one, c.rounding, roots)
		if err != nil {
			return err
		}
		for i, m := range ms {
			if k == 0 {
				sum[i] = measured{make([]float64, len(want[i].v)), make([]float64, len(want[i].v))}
			}
			from := 0
			if at := i - len(raw.Params); 0 <= at && at < len(raw.Inputs) { // by an argument of this example
				from = k * len(m.v)
			}
			for j := range min(len(m.v), len(want[i].v)-from) {
				sum[i].v[from+j] += m.v[j] / examples
				sum[i].cond[from+j] += m.cond[j] / examples
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
