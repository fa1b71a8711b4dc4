package main

import (
	"io"
	"testing"
)

func TestRun(t *testing.T) {
	accuracy, err := run(4, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if accuracy < 0.93 {
		t.Errorf("the accuracy on the images held out is %.4f, want at least 0.93", accuracy)
	}
}
