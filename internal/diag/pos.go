// Package diag carries what bpgen says about a model: positions in source
// files and diagnostics that point at them.
package diag

import "fmt"

// A Pos is a place in a source file. Line and Col count from 1, Col in bytes
// as Go's own tools do; Off is the offset in bytes from the start of the file.
// The zero Pos is no place at all.
type Pos struct {
	File      string
	Line, Col int
	Off       int
}

// IsValid reports whether p is a place.
func (p Pos) IsValid() bool { return p.Line > 0 }

func (p Pos) String() string {
	if !p.IsValid() {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// A Span is a stretch of source, End excluded, both ends in one file.
type Span struct {
	Pos Pos
	End Pos
}

// To returns the span from the start of s to the end of t.
func (s Span) To(t Span) Span { return Span{s.Pos, t.End} }
