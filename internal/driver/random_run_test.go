package driver_test

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/randprog"
)

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// kind is what went wrong, without the numbers and names of this program, so
// that a smaller program is known to fail in the same way.
func kind(err error) string {
	if err == nil || errors.Is(err, errInvalid) || errors.Is(err, errKink) {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '-' || r == '.' {
			return -1
		}
		return r
	}, strings.Join(strings.Fields(err.Error())[:min(2, len(strings.Fields(err.Error())))], " "))
}

func TestRandomPrograms(t *testing.T) {
	first, n := number("BPGEN_RANDOM_SEED", 1), number("BPGEN_RANDOM", 300)
	invalid, kinks, shrunk := 0, 0, 0
	for seed := first; seed < first+n; seed++ {
		p := randprog.New(uint64(seed))
		_, err := checkRandom(p)
		switch {
		case errors.Is(err, errInvalid):
			invalid++
		case errors.Is(err, errKink):
			kinks++
		case err != nil && shrunk >= 4:
			t.Errorf("seed %d: %v", seed, err)
		case err != nil:
			shrunk++
			small := p.Shrink(250, func(q *randprog.Program) bool {
				_, e := checkRandom(q)
				return kind(e) == kind(err)
			})
			_, e := checkRandom(small)
			t.Errorf("seed %d: %v\n%s%v", seed, err, small.Decls, e)
		}
	}
	t.Logf("%d invalid, %d kinks", invalid, kinks)
}
