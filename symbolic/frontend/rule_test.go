package frontend

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

func ruleOf(t *testing.T, train string) *module.Rule {
	t.Helper()
	src := "package m\nimport \"nn\"\nmodel M(x [3]) {\n    z = dense[2](x)\n    loss sumsq(z)\n    train " + train + "\n}\n"
	return load(t, "m.bp", []byte(src), Options{}).Models[0].Rule
}

// TestRules checks what a rule asks for: what is off leaves nothing behind.
func TestRules(t *testing.T) {
	for train, want := range map[string]string{
		"sgd":                               "lr=0.01 | | [] step false norm false",
		"sgd(lr = 0.1)":                     "lr=0.1 | | [] step false norm false",
		"sgd(momentum = 0.9)":               "momentum=0.9 lr=0.01 | v | [] step false norm false",
		"nesterov(rate = 0.5)":              "rate=0.5 lr=0.01 | v | [] step false norm false",
		"adam":                              "lr=0.001 beta1=0.9 beta2=0.999 eps=1e-08 | m v | [] step true norm false",
		"adam(clip = 5)":                    "clip=5 lr=0.001 beta1=0.9 beta2=0.999 eps=1e-08 | m v | [] step true norm true",
		"adam(decay = 0.1)":                 "decay=0.1 lr=0.001 beta1=0.9 beta2=0.999 eps=1e-08 | m v | [1] step true norm false [2] step true norm false",
		"adamw":                             "lr=0.001 beta1=0.9 beta2=0.999 eps=1e-08 decay=0.01 | m v | [1] step true norm false [2] step true norm false",
		"rmsprop":                           "lr=0.001 rho=0.9 eps=1e-08 | s | [] step false norm false",
		"sgd(lr = 0.1*cosine[2, 10](step))": " | | [] step true norm false",
	} {
		r := ruleOf(t, train)
		var hs, ss, us []string
		for _, h := range r.Hypers {
			hs = append(hs, fmt.Sprintf("%s=%g", h.Name, h.Default))
		}
		for _, s := range r.States {
			ss = append(ss, s.Name)
		}
		for _, u := range r.Updates {
			us = append(us, fmt.Sprintf("%v step %t norm %t", u.Ranks, u.Step != nil, u.Norm != nil))
			if len(u.Next) != len(r.States) {
				t.Errorf("%s: %d next values for %d states", train, len(u.Next), len(r.States))
			}
		}
		got := strings.Join(hs, " ") + " | " + strings.TrimSpace(strings.Join(ss, " ")+" | "+strings.Join(us, " "))
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(want), " ") {
			t.Errorf("%s\n got %s\nwant %s", train, got, want)
		}
	}
}

// TestAdamStep computes one step of Adam by hand.
func TestAdamStep(t *testing.T) {
	r := ruleOf(t, "adam(lr = 0.1, clip = 1)")
	u := r.Updates[0]
	env := &symbolic.Env{Dims: map[string]int{"n": 1}, Inputs: map[string]*symbolic.Tensor{
		u.W.Attr.Key(): symbolic.Vector(2), u.G.Attr.Key(): symbolic.Vector(3),
		u.Step.Attr.Key(): symbolic.Scalar(1), u.Norm.Attr.Key(): symbolic.Scalar(6),
	}}
	for _, h := range r.Hypers {
		env.Inputs[h.Node.Attr.Key()] = symbolic.Scalar(h.Default)
	}
	for _, s := range r.States {
		env.Inputs[s.Node.Attr.Key()] = symbolic.Vector(s.Start)
	}
	got, err := symbolic.Eval(env, u.NewW)
	if err != nil {
		t.Fatal(err)
	}
	g := 3.0 / 6 // clipped
	want := 2 - 0.1*(g/(math.Sqrt(g*g)+1e-8))
	if math.Abs(got[0].Data[0]-want) > 1e-12 {
		t.Errorf("got %v, want %v", got[0].Data[0], want)
	}
}

// TestOrigins checks that nodes tell the statement they compute, that what a
// library computes tells the statement that uses it, and that bound values
// have their names.
func TestOrigins(t *testing.T) {
	src := "package m\nimport \"nn\"\nmodel M(x [3], y index[2]) {\n    h = tanh(dense[2](x)) // hidden\n    z = h*2\n    loss xent(z,\n        y)\n}\n"
	m := load(t, "m.bp", []byte(src), Options{}).Models[0]
	names := map[string]string{}
	for _, n := range symbolic.Reachable(m.Train.Loss) {
		if n.Op.Class != symbolic.Leaf {
			names[n.Op.Name] = n.Origin.Stmt + "|" + n.Name
		}
	}
	for op, want := range map[string]string{
		"tanh": "h = tanh(dense[2](x))|h", "logsumexp": "loss xent(z, y)|",
	} {
		if names[op] != want {
			t.Errorf("%s: got %q, want %q", op, names[op], want)
		}
	}
}

// TestPrograms loads the programs that the language was designed with, where
// they are at hand, and holds what is reported against what is still to come.
func TestPrograms(t *testing.T) {
	found := false
	for name, src := range corpus(t) {
		if !strings.Contains(name, "lecture.bp") {
			continue
		}
		found = true
		// What follows needs scan, derivatives as expressions and extern.
		s := string(src)
		s = s[:strings.Index(s, "// Energy is")]
		m := load(t, name, []byte(s), Options{})
		if len(m.Models) != 3 || len(m.Funcs) != 3 {
			t.Errorf("%s: %d models, %d funcs", name, len(m.Models), len(m.Funcs))
		}
	}
	if !found {
		t.Skip("the programs are not beside this checkout")
	}
}
