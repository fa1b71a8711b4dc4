package main

import (
	"io"
	"testing"
)

func TestRun(t *testing.T) {
	gradients, jacobians, err := run(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if gradients > 0.01 {
		t.Errorf("after steps by gradients points are %.5f off, want at most 0.01", gradients)
	}
	if jacobians > 2*noise {
		t.Errorf("after steps by Jacobians points are %.5f off, want at most %.3f, twice the noise", jacobians, 2*noise)
	}
}
