package frontend

import "github.com/bpgen/bpgen/symbolic/module"

// derivedNames lists what generated code declares beside a func and a model of
// a name, and what it is.
var (
	besideFunc = []derivedName{
		{"", "Args", "the arguments"}, {"", "Grads", "the gradients"}, {"", "Results", "the results"},
		{"", "Jacobians", "the Jacobians"}, {"", "Hessians", "the Hessians"}, {"", "Tangents", "the tangents"}, {"", "Products", "the products"}, {"", "Blocks", "the Jacobian by example"},
		{"", "Work", "the memory"}, {"New", "Work", "the memory"},
	}
	besideModel = []derivedName{
		{"New", "", "a new model"}, {"", "Params", "the parameters"}, {"", "Batch", "a batch"},
		{"", "Outputs", "the outputs"}, {"", "Loss", "the loss"}, {"", "Inputs", "the gradients by arguments"},
		{"", "Work", "the memory"}, {"", "Trainer", "the trainer"},
	}
	byDerivative = map[string]derivedName{
		"grad": {"", "Grad", "the gradient"}, "vjp": {"", "VJP", "the vector-Jacobian product"},
		"jacobian": {"", "Jacobian", "the Jacobian"}, "hessian": {"", "Hessian", "the Hessian"},
		"blocks": {"", "Blocks", "the Jacobian by example"},
		"jvp":    {"", "JVP", "the Jacobian-vector product"}, "hvp": {"", "HVP", "the Hessian-vector product"},
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
			add(x.Name, byDerivative[d.Kind])
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
