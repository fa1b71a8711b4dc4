package parser

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
)

// DumpTokens writes the words of a file, one a line with its place.
func DumpTokens(w io.Writer, name string, src []byte, errs *diag.List) error {
	tokens, _ := scan(name, src, errs)
	for i := range tokens {
		t := &tokens[i]
		if _, err := fmt.Fprintf(w, "%d:%d\t%s\n", t.line, t.col, t.describe()); err != nil {
			return err
		}
	}
	return nil
}

// Dump writes the syntax tree, a part a line, indented by depth:
//
//	Binary 5:12 Op "+"
//	  X Name 5:12 "x"
//	  Y Name 5:16 "y"
func Dump(w io.Writer, f *File) error {
	var b strings.Builder
	dumpNode(&b, reflect.ValueOf(f), "", 0)
	_, err := io.WriteString(w, b.String())
	return err
}

func dumpNode(b *strings.Builder, v reflect.Value, label string, depth int) {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		if n, ok := v.Interface().(Node); ok && v.Kind() == reflect.Pointer {
			b.WriteString(strings.Repeat("  ", depth) + label + v.Elem().Type().Name())
			if p := n.Span().Pos; p.IsValid() {
				fmt.Fprintf(b, " %d:%d", p.Line, p.Col)
			}
			dumpFields(b, v.Elem(), depth)
			return
		}
		v = v.Elem()
	}
}

// dumpFields writes the words of a part behind it, and its own parts below.
func dumpFields(b *strings.Builder, v reflect.Value, depth int) {
	var below []func()
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		switch f.Kind() {
		case reflect.String:
			if f.Len() > 0 {
				b.WriteString(" " + strconv.Quote(f.String()))
			}
		case reflect.Bool:
			if f.Bool() {
				b.WriteString(" " + name)
			}
		case reflect.Uint8:
			fmt.Fprintf(b, " %v", f.Interface())
		case reflect.Interface, reflect.Pointer:
			below = append(below, func() { dumpNode(b, f, name+" ", depth+1) })
		case reflect.Slice:
			if f.Type().Elem().Kind() == reflect.Pointer || f.Type().Elem().Kind() == reflect.Interface {
				below = append(below, func() {
					for j := range f.Len() {
						dumpNode(b, f.Index(j), name+" ", depth+1)
					}
				})
			}
		}
	}
	b.WriteByte('\n')
	for _, f := range below {
		f()
	}
}
