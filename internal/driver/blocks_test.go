package driver_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

const byExample = `package blocks

func residual(c [5], X [3], w real, feat [2]) [2] {
    Y = cross(c[0:3], X) + X
    return w*(c[3]*Y[0:2]/(2 + Y[2]^2) + c[4] - feat)
}

// Errors are those of observations, each by a camera and a point.
func Errors(cams [n, 5], pts [m, 3], w [p], const feat [p, 2], cam [p]index[n], pt [p]index[m], scale) ([p, 2], [p])
    derive jacobian by example
{
    e[i] = scale*residual(cams[cam[i]], pts[pt[i]], w[i], feat[i])
    return e, 1 - w^2
}

// ErrorsWant is the same, said row by row: every example differentiates its own.
func ErrorsWant(cams [n, 5], pts [m, 3], w [p], const feat [p, 2], cam [p]index[n], pt [p]index[m], scale) (
    [p, 2, 5], [p, 2, 3], [p, 2], [p, 2], [p]) derive none
{
    Jc[i] = { c = cams[cam[i]]
              jacobian[reverse](scale*residual(c, pts[pt[i]], w[i], feat[i]), c) }
    Jp[i] = { X = pts[pt[i]]
              jacobian[forward](scale*residual(cams[cam[i]], X, w[i], feat[i]), X) }
    Jw[i] = { v = w[i]
              jacobian(scale*residual(cams[cam[i]], pts[pt[i]], v, feat[i]), v) }
    Js[i] = residual(cams[cam[i]], pts[pt[i]], w[i], feat[i])
    return Jc, Jp, Jw, Js, -2*w
}

// Faces have three corners, which are read as one, and a point apart.
func Faces(q [n, 3], tri [p, 3]index[n], apex [p]index[n], u [p, 3]) [p] derive jacobian[forward](q) by example {
    v[i] = {
        t = q[tri[i]]
        (sum[j, k] t[j, k]^2*u[i, k]*(j + 1)) + sumsq(q[apex[i]]*u[i])
    }
    return v
}

func FacesWant(q [n, 3], tri [p, 3]index[n], apex [p]index[n], u [p, 3]) ([p, 3, 3], [p, 3]) derive none {
    J[i] = {
        t = q[tri[i]]
        jacobian[reverse]((sum[j, k] t[j, k]^2*u[i, k]*(j + 1)), t)
    }
    A[i] = {
        a = q[apex[i]]
        grad(sumsq(a*u[i]), a)
    }
    return J, A
}
`

// TestBlocks holds Jacobians by example against derivatives that each example
// takes for itself, and the rows that they name against the arguments that say
// them.
func TestBlocks(t *testing.T) {
	var errs diag.List
	m, _ := frontend.Load("blocks.bp", []byte(byExample), frontend.Options{}, &errs)
	if len(errs) > 0 {
		t.Fatal(errs.Error())
	}
	d := module.Derive(m, &errs)
	if len(errs) > 0 {
		t.Fatal(errs.Error())
	}
	rows := map[string]string{"camsRow": "cam", "ptsRow": "pt", "q0Row": "tri", "q1Row": "apex"}
	for i := 0; i+1 < len(d.Funcs); i += 2 {
		f, want := d.Funcs[i], d.Funcs[i+1]
		for _, dims := range []map[string]int{{"n": 4, "m": 3, "p": 7}, {"n": 1, "m": 1, "p": 1}} {
			t.Run(fmt.Sprint(f.Func.Name, dims), func(t *testing.T) {
				env := randomEnv(t, f.Func, dims)
				wanted := evalResults(t, env, want.Value)
				p := f.Derivs[0]
				got := evalResults(t, env, p)
				var blocks, numbers []int
				for k, r := range p.Results {
					switch {
					case r.Kind != module.ExampleBlock:
					case strings.HasSuffix(r.Name, "Row"):
						numbers = append(numbers, k)
					default:
						blocks = append(blocks, k)
					}
				}
				if len(blocks) != len(wanted) {
					t.Fatalf("%d blocks, want %d", len(blocks), len(wanted))
				}
				for _, k := range blocks { // their order is that of arguments, then results
					if !slices.ContainsFunc(wanted, func(w *symbolic.Tensor) bool { return sameTensor(w, got[k]) }) {
						t.Errorf("%s is none of those that the examples take", p.Results[k].Name)
					}
				}
				for _, k := range numbers {
					name := rows[p.Results[k].Name]
					if at := env.Inputs[argKey(f.Func, name)]; !sameTensor(at, got[k]) {
						t.Errorf("%s is not %s", p.Results[k].Name, name)
					}
				}
				if len(numbers) != 2 {
					t.Errorf("%d numbers of rows, want 2", len(numbers))
				}
			})
		}
	}
}

func sameTensor(a, b *symbolic.Tensor) bool {
	return slices.Equal(a.Shape, b.Shape) && slices.EqualFunc(a.Data, b.Data, func(x, y float64) bool { return x-y < 1e-12 && y-x < 1e-12 })
}

func argKey(f *module.Func, name string) string {
	i := slices.IndexFunc(f.Args, func(a *module.Arg) bool { return a.Name == name })
	if i < 0 {
		return ""
	}
	return f.Args[i].Node.Attr.Key()
}

// randomEnv draws arguments.
func randomEnv(t *testing.T, f *module.Func, dims map[string]int) *symbolic.Env {
	rnd := rand.New(rand.NewPCG(1, 2))
	env := &symbolic.Env{Dims: dims, Inputs: map[string]*symbolic.Tensor{}}
	size := func(s string) (int, bool) { v, ok := dims[s]; return v, ok }
	for _, a := range f.Args {
		shape, err := a.Shape.Eval(size)
		if err != nil {
			t.Fatal(err)
		}
		x := symbolic.NewTensor(shape...)
		for i := range x.Data {
			if a.Bound == nil {
				x.Data[i] = rnd.Float64()*2 - 1
				continue
			}
			n, err := a.Bound.Eval(size)
			if err != nil {
				t.Fatal(err)
			}
			x.Data[i] = float64(rnd.IntN(n))
		}
		env.Inputs[a.Node.Attr.Key()] = x
	}
	return env
}

// evalResults computes a procedure as a graph, and holds its loop program against
// that.
func evalResults(t *testing.T, env *symbolic.Env, p *module.Procedure) []*symbolic.Tensor {
	var roots []*symbolic.Node
	for _, r := range p.Results {
		roots = append(roots, r.Node)
	}
	out, err := symbolic.Eval(env, roots...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := runLoops(p, env)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range got {
		agree(t, g.name, g.data, out[i].Data, 1e-12, 1e-14)
	}
	return out
}
