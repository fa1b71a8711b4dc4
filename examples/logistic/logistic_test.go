package main

import (
	"io"
	"testing"
)

func TestRun(t *testing.T) {
	accuracy, err := run(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if accuracy < 0.85 {
		t.Errorf("the accuracy on the digits held out is %.3f, want at least 0.85", accuracy)
	}
}
