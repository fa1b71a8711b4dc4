package main

import (
	"slices"
	"strings"
	"testing"
)

func TestTwoDashes(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"gen -check -type float32 m.bp", "gen --check --type float32 m.bp"},
		{"gen m.bp --check -type=float32", "gen m.bp --check --type=float32"},
		{"gen -o DIR -D n=8 m.bp", "gen -o DIR -D n=8 m.bp"},
		{"gen --o DIR --D n=8 m.bp", "gen -o DIR -D n=8 m.bp"},
		{"gen -oDIR -Dn=8 -D=n=9 -o= m.bp", "gen -oDIR -Dn=8 --dim=n=9 --out= m.bp"},
		{"fmt -lw -d -diff m.bp", "fmt -lw -d --diff m.bp"},
		// What belongs to a flag is no flag.
		{"gen -o -check -pkg -o -D -v m.bp", "gen -o -check --pkg -o -D -v m.bp"},
		{"gen -vo -check m.bp", "gen -vo -check m.bp"},
		// Nor is what follows --, or a dash of its own.
		{"gen -- -check", "gen -- -check"},
		{"gen - -check", "gen - --check"},
		// What is none is taken whole.
		{"gen -chek m.bp", "gen --chek m.bp"},
		{"fmt -lx", "fmt --lx"},
		{"check -check", "check --check"},
		{"-version", "--version"},
		{"-h", "-h"},
		// The line that a shell wants completed.
		{"__complete gen -type f", "__complete gen --type f"},
		{"__complete gen -ty", "__complete gen --ty"},
		{"__complete gen -", "__complete gen -"},
	} {
		got := twoDashes(newRoot(), strings.Fields(test.args))
		if want := strings.Fields(test.want); !slices.Equal(got, want) {
			t.Errorf("%s\n got %q\nwant %q", test.args, got, want)
		}
	}
	if got := twoDashes(newRoot(), nil); len(got) > 0 {
		t.Errorf("nothing becomes %q", got)
	}
}
