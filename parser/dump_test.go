package parser

import (
	"fmt"
	"reflect"
	"strings"
)

// dump writes a tree without its positions and comments, so that two are the
// same if they print the same.
func dump(n any) string {
	var b strings.Builder
	dumpValue(&b, reflect.ValueOf(n))
	return b.String()
}

func dumpValue(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		dumpValue(b, v.Elem())
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(' ')
			}
			dumpValue(b, v.Index(i))
		}
		b.WriteByte(']')
	case reflect.Struct:
		b.WriteString("(" + v.Type().Name())
		for i := range v.NumField() {
			switch f := v.Type().Field(i); f.Name {
			case "at", "OpSpan", "PathSpan", "Source", "Comments":
			default:
				b.WriteString(" ")
				dumpValue(b, v.Field(i))
			}
		}
		b.WriteByte(')')
	default:
		fmt.Fprintf(b, "%v", v)
	}
}
