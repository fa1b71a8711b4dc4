package randprog_test

import (
	"reflect"
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/internal/randprog"
	"github.com/bpgen/bpgen/symbolic/frontend"
)

// TestValid: nearly all programs are right, and a seed is always the same one.
func TestValid(t *testing.T) {
	const n = 300
	said := map[string]int{}
	bad := 0
	for seed := range uint64(n) {
		p := randprog.New(seed)
		if q := randprog.New(seed); !reflect.DeepEqual(p, q) {
			t.Fatalf("seed %d is two programs", seed)
		}
		var errs diag.List
		frontend.Load("random.bp", []byte(randprog.File("random", p)), frontend.Options{ReadFile: randprog.Reader(p)}, &errs)
		if len(errs) > 0 {
			bad++
			said[errs[0].Msg]++
			if said[errs[0].Msg] == 1 {
				t.Logf("seed %d: %v: %s", seed, errs[0].Span.Pos, errs[0].Msg)
				if testing.Verbose() {
					t.Log(p.Text())
				}
			}
		}
	}
	if bad > n/4 {
		t.Errorf("%d of %d programs are not right", bad, n)
	}
}
