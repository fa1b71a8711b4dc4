package main

import (
	"encoding/json"
	"fmt"

	"github.com/bpgen/bpgen/generated/gradbench/hello"
)

var (
	square = helloOf(hello.Square)
	double = helloOf(hello.Double)
)

// helloOf is a function whose input is a bare number.
func helloOf(f func(float64) float64) function {
	return func(input json.RawMessage) (computation, frequency, error) {
		var x *float64
		if err := json.Unmarshal(input, &x); err != nil || x == nil {
			return computation{}, frequency{}, fmt.Errorf("input is no number")
		}
		c, err := number(func() (float64, error) { return f(*x), nil })
		return c, frequency{}, err
	}
}
