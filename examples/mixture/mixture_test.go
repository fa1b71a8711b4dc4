package main

import (
	"io"
	"testing"
)

// TestRun: a fit is at least as likely as the truth, on the points it was fitted to,
// and with this few parameters not much more.
func TestRun(t *testing.T) {
	fitted, drawn, err := run(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if fitted < drawn || fitted > drawn+0.05 {
		t.Errorf("the points' log density is %.4f by the fit, want %.4f by the truth or little more", fitted, drawn)
	}
}
