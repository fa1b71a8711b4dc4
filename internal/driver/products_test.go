package driver_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/driver"
)

// TestProducts holds that what is a product of matrices becomes one, whatever stands around it. Procedures are as
// dumped; of each the contractions are named that there must be.
func TestProducts(t *testing.T) {
	for _, c := range []struct {
		name, model, proc string
		want              []string
	}{
		{"normed", `
model Net(x [100]) {
    for i < 2 carry h = x {
        n = rmsnorm(h)
        u = dense[100](n)
        next h = h + gelu(u)
    }
    output h
}
`, "Net.infer", []string{`< rows, \w+ < 100: .*\w+ < 100:`, `< rows, \w+ < 100: .*\w+ < 100:`}},
		{"bilinear", `
model Net(a [65], b [33], y real) {
    param B [17, 65, 33] ~ glorot
    h[k] = sum[i, j] B[k, i, j]*a[i]*b[j]
    z = dense[1](tanh(h))
    output z
    loss (z[0] - y)^2
    train sgd
}
`, "Net.grad", []string{`< rows, \w+ < 17: .*\w+ < 2145:`, `\w+ < 65, \w+ < 33: dB.*\w+ < rows:`}},
		{"filters of large images", `
model Net(x [16, 40, 40], y index[10]) {
    a = relu(conv2d[32, 3, pad = 1](x))
    p[k] = mean[i, j](a[k, i, j])
    z = dense[10](p)
    output z
    loss xent(z, y)
    train sgd
}
`, "Net.grad", []string{`\w+ < 32, \w+ < 40: aY.*\w+ < 16:`, `\w+ < 16, \w+ < 32: daF.*\w+ < 40:`}},
		{"filters of small images", `
model Net(x [64, 12, 12], y index[10]) {
    a = relu(conv2d[32, 3, pad = 1](x))
    p[k] = mean[i, j](a[k, i, j])
    z = dense[10](p)
    output z
    loss xent(z, y)
    train sgd
}
`, "Net.grad", []string{`\w+ < 32, \w+ < 144: .*\w+ < 576:`, `\w+ < 32, \w+ < 576: .*\w+ < 144:`}},
		{"gates", `
model Net(x [8, 200], y [8, 200]) {
    a = conv1d[8, 1](x)
    h = tanh(a)
    f = conv1d[8, 3, pad = 2, dilation = 2](h)
    g = conv1d[8, 3, pad = 2, dilation = 2](h)
    output f
    loss sumsq(f*sigmoid(g) - y)
    train sgd
}
`, "Net.grad", []string{`\w+ < 8: gF.*·dg`, `\w+ < 8: fF.*·df`}},
		{"distances", `
func Net(x [n, 32], y [m, 32]) {
    d[i, j] = sqrt(1 + sum[k]((x[i, k] - y[j, k])^2))
    return sum(d)
}
`, "Net.grad", []string{`< rows, \w+ < m: .*\w+ < 32: .*²`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			res, err := driver.Dump(&out, "net.bp", []byte("package net\n\nimport \"nn\"\n"+c.model), "loop", driver.Options{})
			if err != nil || len(res.Diags) > 0 {
				t.Fatal(err, res.Diags)
			}
			_, text, _ := strings.Cut(out.String(), c.proc+":\n")
			text, _, _ = strings.Cut(text, "\nbands\n")
			for _, want := range c.want {
				at := regexp.MustCompile(`contract .*` + want).FindStringIndex(text)
				if at == nil {
					t.Fatalf("no product like %s is left in\n%s", want, text)
				}
				text = text[:at[0]] + text[at[1]:]
			}
		})
	}
}
