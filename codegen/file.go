package codegen

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/symbolic"
	"github.com/dave/jennifer/jen"
)

// A File is a file of a generated package.
type File struct {
	Name string
	Data []byte
}

// standard lists the packages that generated code may import.
var standard = map[string]bool{
	"bytes": true, "encoding/binary": true, "encoding/json": true, "errors": true, "fmt": true, "io": true, "math": true, "math/bits": true,
	"os": true, "path/filepath": true, "runtime": true, "slices": true, "strconv": true, "sync": true, "sync/atomic": true,
	"testing": true, "time": true, "unicode/utf8": true,
}

func packageName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// maxText bounds a file; formatting and checking it takes some hundred times
// as much memory.
const maxText = 32 << 20

// A body collects the declarations of a file as text.
type body struct{ text bytes.Buffer }

// add appends declarations, a blank line before each.
func (b *body) add(codes ...jen.Code) {
	for _, c := range codes {
		b.addText(fmt.Sprintf("%#v", jen.Add(c)))
	}
}

func (b *body) addText(s string) {
	if b.text.Len()+len(s) > maxText {
		symbolic.Exceed("the model comes to more than %d MB of Go", maxText>>20)
	}
	b.text.WriteString(strings.TrimSpace(s))
	b.text.WriteString("\n\n")
}

// source puts a header, a package clause and the imports that the body needs
// before it, and formats the whole.
func source(header, doc, pkg, body string, foreign map[string]string) ([]byte, error) {
	var b strings.Builder
	b.WriteString(header + "\n\n")
	b.WriteString(doc)
	b.WriteString("package " + pkg + "\n\n")
	imports, err := importsOf(body, foreign)
	if err != nil {
		return nil, fmt.Errorf("codegen: %w", err)
	}
	if len(imports) == 1 {
		b.WriteString("import " + imports[0] + "\n\n")
	} else if len(imports) > 0 {
		b.WriteString("import (\n")
		for _, p := range imports {
			b.WriteString("\t" + p + "\n")
		}
		b.WriteString(")\n\n")
	}
	b.WriteString(body)
	out, err := format.Source([]byte(b.String()))
	if err != nil {
		return nil, fmt.Errorf("codegen: %w", err)
	}
	return out, nil
}

// importsOf returns the packages that a body refers to, as they stand in an
// import: those of the standard library, and foreign ones under their names. No
// declaration shares a name with one of them.
func importsOf(body string, foreign map[string]string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+body, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok {
				used[id.Name] = true
			}
		}
		return true
	})
	var out []string
	for p := range standard {
		if used[packageName(p)] {
			out = append(out, strconv.Quote(p))
		}
	}
	slices.Sort(out)
	std := len(out)
	for p, name := range foreign {
		if used[name] {
			out = append(out, name+" "+strconv.Quote(p))
		}
	}
	slices.Sort(out[std:])
	return out, nil
}

// record prints the values of a struct in the order given, on one line: names
// and values by turns.
func record(pairs ...any) jen.Code {
	var out []jen.Code
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, jen.Id(pairs[i].(string)).Op(":").Add(pairs[i+1].(jen.Code)))
	}
	return jen.Values(out...)
}
