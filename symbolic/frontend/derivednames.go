package frontend

import "github.com/bpgen/bpgen/symbolic/module"

// What generated code declares beside a func, beside a func with a derivative of
// a kind, and beside a model of a name, and what it is.
var (
	besideFunc = []derivedName{
		{"", "Args", "the arguments"}, {"", "Results", "the results"},
		{"", "Work", "the memory"}, {"New", "Work", "the memory"},
	}
	byDerivative = map[string][]derivedName{
		"grad":     {{"", "Grad", "the gradient"}, {"", "Grads", "the gradients"}},
		"vjp":      {{"", "VJP", "the vector-Jacobian product"}, {"", "Grads", "the gradients"}},
		"jacobian": {{"", "Jacobian", "the Jacobian"}, {"", "Jacobians", "the Jacobians"}},
		"hessian":  {{"", "Hessian", "the Hessian"}, {"", "Hessians", "the Hessians"}, {"", "Grads", "the gradients"}},
		"jvp":      {{"", "JVP", "the Jacobian-vector product"}, {"", "Tangents", "the tangents"}},
		"hvp":      {{"", "HVP", "the Hessian-vector product"}, {"", "Products", "the products"}, {"", "Grads", "the gradients"}},
		"blocks":   {{"", "Blocks", "the Jacobian by example"}},
	}
	besideModel = []derivedName{
		{"New", "", "a new model"}, {"", "Params", "the parameters"}, {"", "Batch", "a batch"},
		{"", "Outputs", "the outputs"}, {"", "Loss", "the loss"}, {"", "Inputs", "the gradients by arguments"},
		{"", "Work", "the memory"}, {"", "Trainer", "the trainer"},
	}
)

type derivedName struct{ before, after, what string }

// checkDerivedNames reports declarations that have the name of something that
// bpgen declares for another.
func (f *frontend) checkDerivedNames(m *module.Module) {
	taken := map[string]string{}
	add := func(name string, ns ...derivedName) {
		for _, n := range ns {
			taken[n.before+goName(name)+n.after] = n.what + " of " + name
		}
	}
	for _, x := range m.Funcs {
		add(x.Name, besideFunc...)
		for _, d := range x.Derive {
			add(x.Name, byDerivative[d.Kind]...)
		}
	}
	for _, x := range m.Models {
		add(x.Name, besideModel...)
	}
	for _, x := range m.Funcs {
		if what := taken[goName(x.Name)]; what != "" {
			f.report(nil, x.Span, "%s is what generated code calls %s", goName(x.Name), what).Hintf("give this func another name")
		}
	}
	for _, x := range m.Models {
		if what := taken[goName(x.Name)]; what != "" {
			f.report(nil, x.Span, "%s is what generated code calls %s", goName(x.Name), what).Hintf("give this model another name")
		}
	}
}
