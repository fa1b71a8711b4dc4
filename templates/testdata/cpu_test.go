package p

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestCPUFound holds what is found against what Linux says.
func TestCPUFound(t *testing.T) {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Skip(err)
	}
	_, text2, _ := strings.Cut(string(text), "\nflags")
	line, _, _ := strings.Cut(text2, "\n")
	flags := strings.Fields(line)
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(flags, n) })
	}
	want := portable
	if assembly && has("avx2", "fma", "bmi2") {
		want = avx2
		if has("avx512f", "avx512dq", "avx512bw", "avx512vl") {
			want = avx512
		}
	}
	if got := cpuFound(); got != want {
		t.Errorf("found %v, want %v", got, want)
	}
}

// TestCPUChosen reads what the environment may say.
func TestCPUChosen(t *testing.T) {
	for _, c := range []struct {
		text       string
		have, want isa
	}{
		{"", avx512, avx512}, {"", portable, portable}, {"portable", avx512, portable}, {"avx2", avx512, avx2},
		{"avx2", avx2, avx2}, {"avx2", portable, portable}, {"avx512", avx512, avx512}, {"avx512", avx2, avx2}, {"AVX2", avx512, avx512},
	} {
		if got := cpuChosen(c.text, c.have); got != c.want {
			t.Errorf("cpuChosen(%q, %v) is %v, want %v", c.text, c.have, got, c.want)
		}
	}
	if cpu != cpuChosen(os.Getenv("BPGEN_CPU"), cpuFound()) {
		t.Errorf("BPGEN_CPU is %q, and %v is used", os.Getenv("BPGEN_CPU"), cpu)
	}
}
