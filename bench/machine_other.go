//go:build !amd64

package main

import (
	"runtime"
	"unsafe"
)

// kernels are none: peaks are measured on amd64 only.
func kernels() []kernel { return nil }

func processor() string { return runtime.GOARCH }

var triads = []stream{{"triad", func(n int, s float32, a, b, c *float32) {
	x, y, z := unsafe.Slice(a, n), unsafe.Slice(b, n), unsafe.Slice(c, n)
	for i := range x {
		x[i] = y[i] + s*z[i]
	}
}}}
