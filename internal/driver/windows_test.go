package driver_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/driver"
)

// windowed is a net of one layer with windows, on images of width W.
const windowed = `package windowed

import "nn"

dim W = 16

model Net(x [2, W, W], y) {
    param w [2] ~ ones
    a[c, i, j] = w[c]*x[c, i, j]
    b = %s
    z = mean(b^2)
    output z
    loss (z - y)^2
    train sgd
}
`

// TestWindowCosts holds that the gradient of what slides windows over an image
// costs in proportion to the image, however windows lie: no sum goes over all
// places of a window.
func TestWindowCosts(t *testing.T) {
	for _, layer := range []string{
		"conv2d[4, 3](a)", "conv2d[4, 3, pad = 1](a)", "conv2d[4, 3, stride = 2, pad = 1](a)", "conv2d[4, 3, dilation = 2](a)",
		"maxpool[2](a)", "maxpool[3, stride = 2](a)", "avgpool[3, stride = 2](a)",
	} {
		t.Run(layer, func(t *testing.T) {
			small, large := operations(t, layer, 16), operations(t, layer, 48)
			if large > 16*small { // nine times the places, and more of those with a whole window
				t.Errorf("%d operations for 16×16, %d for 48×48", small, large)
			}
		})
	}
}

// TestWindowProducts holds that a convolution and the gradient of its filters are
// matrix products, of whole images.
func TestWindowProducts(t *testing.T) {
	text := dumpWindows(t, "loop", "conv2d[16, 3, pad = 1](a)", 32)
	for _, want := range []string{
		`contract \w+ < 16, \w+ < 1024: .*\w+ < 18:`, // filters by windows
		`contract \w+ < 16, \w+ < 18: .*\w+ < 1024:`, // cotangents by windows
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no product like %s in\n%s", want, text)
		}
	}
}

// operations are those of the gradient, for each example.
func operations(t *testing.T, layer string, width int) int {
	t.Helper()
	_, grad, _ := strings.Cut(dumpWindows(t, "plan", layer, width), "Net.grad:")
	m := regexp.MustCompile(`operations (\d+)\*batch`).FindStringSubmatch(grad)
	if m == nil {
		t.Fatalf("no operations in\n%s", grad)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func dumpWindows(t *testing.T, phase, layer string, width int) string {
	t.Helper()
	var out strings.Builder
	opt := driver.Options{Dims: map[string]string{"W": strconv.Itoa(width)}}
	res, err := driver.Dump(&out, "windowed.bp", fmt.Appendf(nil, windowed, layer), phase, opt)
	if err != nil || len(res.Diags) > 0 {
		t.Fatal(err, res.Diags)
	}
	return out.String()
}
