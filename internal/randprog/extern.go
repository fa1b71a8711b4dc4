package randprog

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/bpgen/bpgen/internal/randprog/curves"
)

// Curves is the import path of package curves for programs, which call functions of
// packages outside of bpgen only, and CurvesText its text.
const Curves = "example.com/random/curves"

//go:embed curves/curves.go
var CurvesText []byte

// Externs are the functions of package curves by name, for interpreters.
var Externs = map[string]func(x []float64) float64{
	"Bump":      func(x []float64) float64 { return curves.Bump(x[0]) },
	"BumpSlope": func(x []float64) float64 { return curves.BumpSlope(x[0]) },
	"Swing":     func(x []float64) float64 { return curves.Swing(x[0], x[1]) },
	"SwingY":    func(x []float64) float64 { return curves.SwingY(x[0], x[1]) },
	"Between":   func(x []float64) float64 { return curves.Between(x[0], x[1], x[2]) },
}

// An extern is a function of Go with its derivatives, and what its arguments may be.
// In derivatives F is the function itself, and G another of the same arguments.
type extern struct {
	name  string
	grad  string
	forms []string
	other *extern
}

// ofMath are functions of package math.
var ofMath = []extern{
	{"Erf", "2/sqrt(pi)*exp(-x^2)", []string{"%s"}, nil},
	{"Tanh", "1 - F(x)^2", []string{"%s"}, nil},
	{"Sin", "cos(x)", []string{"%s"}, nil},
	{"Exp", "F(x)", []string{"sin(%s)"}, nil},
	{"Expm1", "F(x) + 1", []string{"tanh(%s)"}, nil},
	{"Atan", "1/(1 + x^2)", []string{"%s"}, nil},
	{"Cbrt", "1/(3*F(x)^2)", []string{"2 + sin(%s)"}, nil},
	{"Log1p", "1/(1 + x)", []string{"(%s)^2"}, nil},
	{"Hypot", "x/F(x, y), y/F(x, y)", []string{"%s", "1 + (%s)^2"}, nil},
	{"Atan2", "y/(x^2 + y^2), -x/(x^2 + y^2)", []string{"%s", "1 + (%s)^2"}, nil},
	{"Pow", "y*F(x, y - 1), F(x, y)*log(x)", []string{"1.5 + tanh(%s)", "sin(%s)"}, nil},
	{"Sinh", "math.Cosh", []string{"tanh(%s)"}, nil}, // which has no derivative of its own
}

// ofCurves are functions of package curves.
var ofCurves = []extern{
	{"Bump", "G(x)", []string{"%s"}, &extern{name: "BumpSlope", grad: "(6*x^2 - 2)/(1 + x^2)^3"}},
	{"Swing", "sin(y), G(x, y)", []string{"%s", "%s"}, &extern{name: "SwingY", grad: "cos(y), -x*sin(y)"}},
	{"Between", "1 - t, t, y - x", []string{"%s", "%s", "sigmoid(%s)"}, nil},
}

// writeExtern declares a function of Go.
func (g *gen) writeExtern() {
	path, x := "math", pick(g, ofMath...)
	if g.one(3) {
		path, x = fmt.Sprintf("%q", Curves), pick(g, ofCurves...)
		g.foreign = true
	}
	h := helper{name: fmt.Sprintf("f%dof%s", len(g.helpers), g.suffix), args: len(x.forms), forms: x.forms, results: 1}
	params, other := "x, y, t"[:3*h.args-2], "e"+h.name
	if x.other != nil {
		g.declare("extern func %s(%s) = %s.%s grad %s\n", other, params, path, x.other.name, x.other.grad)
	}
	grad := strings.NewReplacer("F(", h.name+"(", "G(", other+"(").Replace(x.grad)
	g.declare("extern func %s(%s) = %s.%s grad %s\n", h.name, params, path, x.name, grad)
	g.helpers = append(g.helpers, h)
}
