package main

import (
	"io"
	"testing"
)

func TestRun(t *testing.T) {
	off, err := run(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if off > 0.1 {
		t.Errorf("the model is %.3f off on a path six times as long as what it has seen, want at most 0.1", off)
	}
}
