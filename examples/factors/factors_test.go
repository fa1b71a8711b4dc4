package main

import (
	"io"
	"testing"
)

func TestRun(t *testing.T) {
	off, spread, err := run(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if off > 0.45 || spread < 1 {
		t.Errorf("ratings that are spread by %.2f are predicted to within %.2f, want 0.45 of more than 1", spread, off)
	}
}
