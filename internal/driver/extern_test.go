package driver_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/driver"
)

const externModel = `package foreign

extern func Erfc(x) = math.Erfc grad -2/sqrt(pi)*exp(-x^2)
extern func Sine(x) = math.Sin grad Cosine(x)
extern func Cosine(x) = math.Cos grad -Sine(x)
extern func drag(v, r) = "example.com/robot/air-2".Drag grad 2*v*r, lift(v)
extern func lift(v) = "example.com/robot/air-2".Lift grad 2*v
extern func Bare(x) = math.Sin grad math.Cos
extern func Length(x, y) = math.Hypot grad x/Length(x, y), y/Length(x, y)

func F(x, y [n]) derive grad, hessian, hvp = sum[i] Erfc(x[i])*Sine(y[i]*x[i])

func G(x, y) derive grad = Bare(x) + Length(x, y)

// The package is called air2 in the generated code; so would this be.
func H(v [3], air2) derive grad, hessian = sum(drag(v, air2)) + 1

func ofSquare[f](x) = f(x^2)

func K(x) derive jacobian = ofSquare[Erfc](x)

model M(x [4], y real) {
    param w [4] ~ normal
    z = dot(drag(w, 0.5), x)
    output z
    loss (z - y)^2
    train sgd
}
`

// TestExtern runs the tests of a package that calls functions of package math
// and of another package, in both types.
func TestExtern(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"robot/air-2", "float32", "float64"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "go.mod"), "module foreign\n\ngo 1.24\n\nrequire example.com/robot v0.0.0\n\nreplace example.com/robot => ./robot\n")
	write(t, filepath.Join(dir, "robot/go.mod"), "module example.com/robot\n\ngo 1.24\n")
	write(t, filepath.Join(dir, "robot/air-2/air.go"), "package air\n\nfunc Drag(v, r float64) float64 { return v * v * r }\n\nfunc Lift(v float64) float64 { return v * v }\n")
	for _, float := range []string{"float64", "float32"} {
		res, err := driver.Generate("foreign.bp", []byte(externModel), driver.Options{Float: float})
		if err != nil {
			t.Fatal(err)
		}
		if len(res.Diags) > 0 {
			t.Fatal(res.Diags)
		}
		for _, f := range res.Files {
			write(t, filepath.Join(dir, float, f.Name), string(f.Data))
			if f.Name == "support.go" && !strings.Contains(string(f.Data), "air2 \"example.com/robot/air-2\"") {
				t.Error("the package is not imported")
			}
		}
	}
	goCommand(t, dir, nil, "vet", "./...")
	goCommand(t, dir, nil, "test", "./...")
}
