package asm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/printer"
)

// File is the text of an assembly file with the routines, and with the
// read-only data that they share. tags is a build constraint or nothing.
func File(pkg, tags string, built []*Built) ([]byte, error) {
	f := ir.NewFile()
	f.Includes = []string{"textflag.h"}
	all := map[string][]byte{}
	for _, b := range built {
		for sym, d := range b.data {
			if old, ok := all[sym]; ok && !bytes.Equal(old, d) {
				return nil, fmt.Errorf("asm: %s stands for different data", sym)
			}
			all[sym] = d
		}
		f.AddSection(b.function)
	}
	for _, sym := range slices.Sorted(maps.Keys(all)) {
		g := ir.NewStaticGlobal(sym)
		g.Attributes = attr.RODATA | attr.NOPTR
		for d := all[sym]; len(d) > 0; {
			if len(d) < 8 {
				g.Append(operand.U32(binary.LittleEndian.Uint32(d)))
				break
			}
			g.Append(operand.U64(binary.LittleEndian.Uint64(d)))
			d = d[8:]
		}
		f.AddSection(g)
	}
	text, err := printer.NewGoAsm(printer.Config{Name: "bpgen", Pkg: pkg}).Print(f)
	if err != nil || tags == "" {
		return text, err
	}
	// The constraint goes below the line that says who generated the file.
	end := bytes.IndexByte(text, '\n') + 1
	return slices.Concat(text[:end], []byte("\n//go:build "+tags+"\n"), text[end:]), nil
}
