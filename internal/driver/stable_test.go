package driver_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/driver"
)

// A formula of testdata/stable/formulas.bp, and the same in the oracle.
type formula struct {
	name string
	args []domain // of rows: one for each element
	rows bool     // it takes rows
	f    func(x []exact) exact
	// What a unit in the last place is taken of where that is not the result itself,
	// but something larger that the result is a difference of.
	scale, slopeScale func(x []float64) float64
}

// A domain is where arguments are drawn from.
type domain struct{ least, greatest float64 }

var (
	anything = domain{math.Inf(-1), math.Inf(1)}
	positive = domain{0, math.Inf(1)}
	unit     = domain{0, 1}
	// Squares of these are in range for float32, and of these as far as they count.
	squarable = domain{1e-15, 1e15}
	moderate  = domain{-1e15, 1e15}
)

func largest(x []float64) float64 {
	m := 0.0
	for _, v := range x {
		m = max(m, math.Abs(v))
	}
	return m
}

func one([]float64) float64 { return 1 }

// formulas are those of testdata/stable/formulas.bp.
var formulas = []formula{
	{name: "Sigmoid", args: []domain{anything}, f: func(x []exact) exact { return x[0].sigmoid() }, slopeScale: one},
	{name: "SigmoidOfExp", args: []domain{anything}, f: func(x []exact) exact { return x[0].sigmoid() }, slopeScale: one},
	{name: "LogSigmoid", args: []domain{anything}, f: func(x []exact) exact { return x[0].neg().softplus().neg() }},
	{name: "Softplus", args: []domain{anything}, f: func(x []exact) exact { return x[0].softplus() }},
	{name: "Tanh", args: []domain{anything}, f: func(x []exact) exact { // (e²ˣ − 1)/(e²ˣ + 1)
		if x[0].v.Sign() > 0 {
			e := x[0].neg().add(x[0].neg()).expm1()
			return e.neg().div(e.add(x[0].num(2)))
		}
		e := x[0].add(x[0]).expm1()
		return e.div(e.add(x[0].num(2)))
	}, slopeScale: one},
	{name: "BCE", args: []domain{anything, unit}, f: func(x []exact) exact {
		return x[1].mul(x[0].neg().softplus()).add(x[1].num(1).sub(x[1]).mul(x[0].softplus()))
	}, slopeScale: func(x []float64) float64 { return max(1, math.Abs(x[0])) }},
	{name: "BCEOfP", args: []domain{unit, unit}, f: func(x []exact) exact {
		return xlogyOf(x[1], x[0], exact.log).add(xlogyOf(x[1].num(1).sub(x[1]), x[0].neg(), exact.log1p)).neg()
	}, slopeScale: func(x []float64) float64 {
		return max(x[1]/x[0], (1-x[1])/(1-x[0]), -math.Log(x[0]), -math.Log1p(-x[0]))
	}},
	{name: "LogAddExp", args: []domain{anything, anything}, f: logSumExpOf, scale: largest},
	{name: "LogSumExp", rows: true, args: []domain{anything, anything, anything}, f: logSumExpOf, scale: largest, slopeScale: one},
	{name: "Softmax", rows: true, args: []domain{{-1e4, 1e4}, {-1e4, 1e4}, {-1e4, 1e4}}, f: func(x []exact) exact { return x[0].sub(logSumExpOf(x)).exp() }, scale: one, slopeScale: one},
	{name: "LogSoftmax", rows: true, args: []domain{anything, anything, anything}, f: func(x []exact) exact { return x[0].sub(logSumExpOf(x)) }, scale: largest, slopeScale: one},
	{name: "LogOfSoftmax", rows: true, args: []domain{anything, anything, anything}, f: func(x []exact) exact { return x[0].sub(logSumExpOf(x)) }, scale: largest, slopeScale: one},
	{name: "Log1p", args: []domain{{-1, math.Inf(1)}}, f: func(x []exact) exact { return x[0].log1p() }},
	{name: "Expm1", args: []domain{anything}, f: func(x []exact) exact { return x[0].expm1() }},
	{name: "OneMinusCos", args: []domain{anything}, f: func(x []exact) exact { return x[0].versin() }, slopeScale: one},
	{name: "Hypot", args: []domain{anything, anything}, f: normOf},
	{name: "Norm", rows: true, args: []domain{squarable, squarable, squarable}, f: normOf},
	{name: "LogOfProduct", args: []domain{positive, positive}, f: func(x []exact) exact { return x[0].log().add(x[1].log()) }, scale: logScale},
	{name: "LogOfProd", rows: true, args: []domain{positive, positive, positive}, f: func(x []exact) exact { return x[0].log().add(x[1].log()).add(x[2].log()) }, scale: logScale},
	{name: "LogOfSquare", args: []domain{positive}, f: func(x []exact) exact { l := x[0].abs().log(); return l.add(l) }},
	{name: "Variance", rows: true, args: []domain{moderate, moderate, moderate}, f: func(x []exact) exact {
		three := x[0].num(3)
		m := x[0].add(x[1]).add(x[2]).div(three)
		s := x[0].num(0)
		for _, v := range x {
			d := v.sub(m)
			s = s.add(d.mul(d))
		}
		return s.div(three)
	}, scale: func(x []float64) float64 {
		m := (x[0] + x[1] + x[2]) / 3
		return largest(x) * max(math.Abs(x[0]-m), math.Abs(x[1]-m), math.Abs(x[2]-m))
	}, slopeScale: largest},
	{name: "XLogX", args: []domain{positive}, f: func(x []exact) exact { return xlogyOf(x[0], x[0], exact.log) }, slopeScale: func(x []float64) float64 { return max(1, math.Abs(math.Log(x[0]))) }},
	{name: "XLogY", args: []domain{anything, positive}, f: func(x []exact) exact { return xlogyOf(x[0], x[1], exact.log) }},
	{name: "Cube", args: []domain{anything}, f: func(x []exact) exact { return x[0].mul(x[0]).mul(x[0]) }},
	{name: "Power", args: []domain{{0x1p-100, math.Inf(1)}, {0.01, 8}}, f: func(x []exact) exact {
		return x[1].mul(x[0].log()).exp()
	}},
	{name: "SquareRoot", args: []domain{positive}, f: func(x []exact) exact {
		if x[0].v.Sign() == 0 {
			return exact{v: newBig(), d: []*big.Float{newBig().SetInf(false)}}
		}
		return x[0].sqrt()
	}},
}

func float(x *big.Float) float64 { v, _ := x.Float64(); return v }

func logScale(x []float64) float64 {
	m := 1.0
	for _, v := range x {
		m = max(m, math.Abs(math.Log(v)))
	}
	return m
}

// xlogyOf is x·log y, 0 where x = 0, with the logarithm given.
func xlogyOf(x, y exact, log func(exact) exact) exact {
	l := log(y)
	if x.v.Sign() != 0 {
		return x.mul(l)
	}
	// 0·log y: by x it is log y; by y it is 0.
	out := x.num(0)
	for i, d := range x.d {
		if d.Sign() != 0 {
			out.d[i] = newBig().Mul(d, l.v)
		}
	}
	return out
}

func logSumExpOf(x []exact) exact {
	top := x[0]
	for _, v := range x[1:] {
		if top.less(v) {
			top = v
		}
	}
	s := x[0].num(0)
	for _, v := range x {
		s = s.add(v.sub(top).exp())
	}
	return top.add(s.log())
}

func normOf(x []exact) exact {
	s := x[0].num(0)
	for _, v := range x {
		s = s.add(v.mul(v))
	}
	if s.v.Sign() == 0 {
		return s // its slope at 0 is 0
	}
	return s.sqrt()
}

// ---- points

// A float type as the test needs it.
type floatType struct {
	name           string
	digits         int     // bits of the significand
	least, largest float64 // with all digits
	round          func(float64) float64
}

var floatTypes = []floatType{
	{"float32", 24, 0x1p-126, math.MaxFloat32, func(x float64) float64 { return float64(float32(x)) }},
	{"float64", 53, 0x1p-1022, math.MaxFloat64, func(x float64) float64 { return x }},
}

// points draws arguments from domains: all magnitudes there are, numbers that
// exponentials change at, and special ones.
func (t *floatType) points(r *rand.Rand, args []domain) [][]float64 {
	special := []float64{0, 1, -1, 0.5, 2, 40, -40, 88.72, -88.72, 104, -104, 709.78, -745.13, 800, -800, t.largest, -t.largest, t.least, -t.least}
	draw := func(d domain) float64 {
		for {
			var v float64
			switch r.IntN(8) {
			case 0:
				v = special[r.IntN(len(special))]
			case 1, 2, 3: // of any magnitude
				lo, hi := math.Log2(t.least), math.Log2(t.largest)
				v = math.Exp2(lo+r.Float64()*(hi-lo)) * float64(1-2*r.IntN(2))
			case 4:
				v = (r.Float64()*2 - 1) * 1000
			case 5: // near 1
				v = 1 + (r.Float64()*2-1)*math.Exp2(-float64(r.IntN(50)))
			default:
				v = (r.Float64()*2 - 1) * 20
			}
			if v = t.round(v); v >= d.least && v <= d.greatest && !math.IsInf(v, 0) {
				return v
			}
		}
	}
	const each = 600
	out := make([][]float64, each)
	for i := range out {
		for _, d := range args {
			out[i] = append(out[i], draw(d))
		}
		if len(args) > 1 && r.IntN(4) == 0 { // equal ones, and near ones
			v := out[i][0] * (1 + float64(r.IntN(3))*1e-3)
			if v = t.round(v); v >= args[1].least && v <= args[1].greatest && math.Abs(v) <= t.largest {
				out[i][1] = v
			}
		}
	}
	return out
}

// ulps is how far got is from want, in units of the last place of scale, or of
// want where that is larger. What is too large for the type must be infinite or
// the largest number; what is smaller than all its normal numbers may be 0.
func (t *floatType) ulps(got float64, want *big.Float, scale float64) float64 {
	w := float(want)
	if math.Abs(w) >= t.largest*(1-0x1p-20) {
		if got*math.Copysign(1, w) >= t.largest/2 {
			return 0
		}
		return math.Inf(1)
	}
	if math.IsNaN(got) || math.IsInf(got, 0) {
		return math.Inf(1)
	}
	scale = max(math.Abs(w), math.Abs(scale), t.least)
	if math.IsInf(scale, 0) {
		scale = t.largest
	}
	_, e := math.Frexp(scale)
	off, _ := newBig().Sub(bigOf(got), want).Float64()
	return math.Abs(math.Ldexp(off, t.digits-e))
}

// ---- the test

// TestStable holds values and derivatives of formulas as people write them
// against 60 digits, over the whole range of both types, in generated Go with each
// set of kernels. None may be further off than docs/stability.md says.
func TestStable(t *testing.T) {
	src, err := os.ReadFile(root + "/testdata/stable/formulas.bp")
	if err != nil {
		t.Fatal(err)
	}
	r := &conformanceRun{dir: t.TempDir()}
	type use struct {
		f      *formula
		t      *floatType
		points [][]float64
	}
	var uses []use
	rng := rand.New(rand.NewPCG(31, 1))
	for i := range floatTypes {
		ft := &floatTypes[i]
		pkg := "s" + ft.name
		res, err := driver.Generate("formulas.bp", src, driver.Options{Float: ft.name, Package: pkg})
		if err != nil || len(res.Diags) > 0 {
			t.Fatal(err, res.Diags)
		}
		if err := os.MkdirAll(filepath.Join(r.dir, pkg), 0o777); err != nil {
			t.Fatal(err)
		}
		for _, f := range res.Files {
			if !strings.HasSuffix(f.Name, "_test.go") {
				write(t, filepath.Join(r.dir, pkg, f.Name), string(f.Data))
			}
		}
		r.packages = append(r.packages, pkg)
		for k := range formulas {
			f := &formulas[k]
			u := use{f, ft, ft.points(rng, f.args)}
			uses = append(uses, u)
			n := len(u.points)
			c := &conformanceCall{Package: pkg, Name: f.name, Dims: []int{n}, what: f.name, float: ft.name}
			var flat []float64
			for _, p := range u.points {
				flat = append(flat, p...)
			}
			if f.rows {
				c.Args = [][]string{texts(flat)}
			} else {
				for a := range f.args {
					var column []float64
					for _, p := range u.points {
						column = append(column, p[a])
					}
					c.Args = append(c.Args, texts(column))
				}
			}
			ones := make([]float64, n)
			for i := range ones {
				ones[i] = 1
			}
			c.More = []conformanceDerivative{{Method: "VJP", Seeds: [][]string{texts(ones)}}}
			r.calls = append(r.calls, c)
		}
	}
	reports := r.build(t)

	bounds := readBounds(t)
	for i, u := range uses {
		t.Run(u.t.name+"/"+u.f.name, func(t *testing.T) {
			var worst [2]float64
			var at [2]string
			for _, k := range r.kernels() {
				rep := reports[k][i]
				if rep.Error != "" || len(rep.More) != 1 {
					t.Fatalf("%s: %s", k, rep.Error)
				}
				got := parsed(t, rep.More[0])
				n, args := len(u.points), len(u.f.args)
				for j, p := range u.points {
					want := u.f.f(exactArgs(p))
					note := func(what int, got float64, want *big.Float, scale func([]float64) float64) {
						s := 0.0
						if scale != nil {
							s = scale(p)
						}
						if e := u.t.ulps(got, want, s); e > worst[what] {
							worst[what], at[what] = e, fmt.Sprintf("%s at %v: %v, want %.20g", k, p, got, want)
						}
					}
					note(0, got[j], want.v, u.f.scale)
					if v := math.Abs(float(want.v)); v > u.t.largest {
						continue // of a result that is out of range no slope is asked
					}
					for a := range args {
						d := got[n+a*n+j:]
						if u.f.rows {
							d = got[n+j*args+a:]
						}
						note(1, d[0], want.d[a], u.f.slopeScale)
					}
				}
			}
			b, ok := bounds[u.f.name]
			if !ok {
				t.Errorf("docs/stability.md has no row for it")
			}
			for what, name := range []string{"value", "derivative"} {
				bound := b[u.t.name][what]
				t.Logf("%s: %.2f ulp, %s", name, worst[what], at[what])
				if !(worst[what] <= bound) {
					t.Errorf("%s: %.2f ulp, docs/stability.md says %v: %s", name, worst[what], bound, at[what])
				}
			}
		})
	}
}

func parsed(t *testing.T, texts []string) []float64 {
	out := make([]float64, len(texts))
	for i, s := range texts {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = v
	}
	return out
}

var boundsRow = regexp.MustCompile(`(?m)^\| (\w+) \|.*\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$`)

// readBounds reads the table of docs/stability.md: for each formula and type the
// largest errors of value and derivative, in ulp.
func readBounds(t *testing.T) map[string]map[string][2]float64 {
	text, err := os.ReadFile(root + "/docs/stability.md")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string][2]float64{}
	for _, m := range boundsRow.FindAllStringSubmatch(string(text), -1) {
		b := parsed(t, m[2:])
		out[m[1]] = map[string][2]float64{"float32": {b[0], b[1]}, "float64": {b[2], b[3]}}
	}
	return out
}
