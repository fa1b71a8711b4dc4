package explain

import (
	"strings"

	"github.com/bpgen/bpgen/symbolic/notation"
)

// A Step is one step of a derivation: what it is called, and the equation that
// it leads to.
type Step struct {
	Rule     string
	Equation *notation.Equation
	Sum      []*Term // of the chain rule: the paths
	Of       *Value
}

// Steps derives what comes back to v: the chain rule, the term of each path
// with its local derivative, the rules by which it becomes simpler, and the sum.
func (v *Value) Steps() []Step {
	if v.Back == nil || len(v.Back.Terms) == 0 {
		return nil
	}
	out := []Step{{Rule: "chain rule", Sum: v.Back.Terms, Of: v}}
	for _, t := range v.Back.Terms {
		through := "through " + t.Via.Text()
		raw, local := t.Raw.Text(), t.Local.Text()
		rule := "local derivative"
		if t.Prime != nil {
			rule += ", " + notation.Text(t.Prime) + " = " + notation.Text(t.Slope)
		}
		if raw != local {
			out = append(out, Step{Rule: rule + " (" + through + ")", Equation: t.Raw})
			out = append(out, Step{Rule: "simplified by " + strings.Join(named(t.Rules), ", "), Equation: t.Local})
		} else {
			out = append(out, Step{Rule: rule + " (" + through + ")", Equation: t.Local})
		}
	}
	if len(v.Back.Terms) > 1 || v.Back.Equation.Text() != v.Back.Terms[0].Local.Text() {
		rule := "sum over the paths"
		if len(v.Back.Terms) == 1 {
			rule = "with " + v.Back.Terms[0].Via.known()
		}
		out = append(out, Step{Rule: rule, Equation: v.Back.Equation})
	}
	return out
}

// known is what comes back to v, as it has been found.
func (v *Value) known() string {
	if v.Back == nil {
		return v.Text()
	}
	return v.Back.Plain.Text()
}

// Text writes the step on one line.
func (s Step) Text() string {
	if s.Equation != nil {
		return s.Equation.Text()
	}
	var terms []string
	for _, t := range s.Sum {
		back := "1"
		if t.Via.Delta != nil {
			back = t.Via.Delta.Text()
		}
		terms = append(terms, back+"·∂"+t.Via.Text()+"/∂"+s.Of.Text())
	}
	return s.Of.Delta.Text() + " = " + strings.Join(terms, " + ")
}

// named puts rules into words of the field where they have some.
func named(rules []string) []string {
	var out []string
	for _, r := range rules {
		if w, ok := ruleNames[r]; ok {
			r = w
		}
		if r != "" {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return []string{"arithmetic"}
	}
	return out
}

var ruleNames = map[string]string{
	"p - y":   "softmax with NLL: p − y",
	"one-hot": "one-hot: the derivative of a pick is 1 in one place",
}
