package codegen

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd"
	"github.com/bpgen/bpgen/symbolic/module"
)

// PlanKernels says which parts of a procedure become kernels, for the dump: what
// of each is assembly, or why it is not, as with -strict, and how it is cut into parts.
func PlanKernels(prog *loop.Program, float module.Float, strict bool) string {
	var b strings.Builder
	loop.Walk(loop.Outline(prog.Body, loop.WorthKernel, func(k *loop.Kernel) bool { return statements(k.Body...) <= pieceSize }), func(s loop.Stmt) {
		c, ok := s.(*loop.Call)
		if !ok {
			return
		}
		k := &kernel{Kernel: c.Kernel, whole: c.Kernel}
		rs, err := simd.Compile("k", c.Kernel, int(float))
		if strict {
			err = errors.New("it is the same on every platform")
		}
		if err == nil {
			k.asm = &assembly{rs}
		}
		k.cut()
		fmt.Fprintf(&b, "kernel %s: ", c.Kernel.Name)
		if err != nil {
			fmt.Fprintf(&b, "Go, for %s", strings.TrimPrefix(err.Error(), "nest: kAVX512: "))
		} else {
			for i, r := range rs {
				if i > 0 {
					b.WriteString(", ")
				}
				fmt.Fprintf(&b, "%s", r.Set.Name)
				if r.Built.Spills > 0 {
					fmt.Fprintf(&b, " with %d values in memory", r.Built.Spills)
				}
			}
		}
		switch {
		case k.split == nil:
			b.WriteString("; whole")
		case k.split.Rows:
			fmt.Fprintf(&b, "; parts of %d rows of %s", k.split.Size, k.split.Extent)
		default:
			fmt.Fprintf(&b, "; parts of %d of %s", k.split.Size, k.split.Extent)
		}
		b.WriteByte('\n')
	})
	return b.String()
}
