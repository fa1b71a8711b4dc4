package main

import (
	"io"
	"testing"
)

func TestRun(t *testing.T) {
	losses, err := run(10, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if losses[0] < 40 || losses[1] > 27 {
		t.Errorf("the loss goes from %.2f to %.2f, want from above 40 to below 27", losses[0], losses[1])
	}
}
