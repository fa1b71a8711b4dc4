package codegen

import (
	"go/constant"
	"go/importer"
	"go/token"
	"go/types"
	"strings"
	"testing"
)

// TestTypecheck checks that what the Go compiler would refuse is never given
// out.
func TestTypecheck(t *testing.T) {
	err := typecheck("p", []File{{"p.go", []byte("package p\n\nfunc f() int { x := 1; return true }\n")}}, nil)
	if err == nil || !strings.Contains(err.Error(), "declared and not used") || !strings.Contains(err.Error(), "p.go:3") {
		t.Errorf("got %v", err)
	}
}

// TestStd compares each declaration in std.txt with that of the real package.
func TestStd(t *testing.T) {
	real := importer.ForCompiler(token.NewFileSet(), "source", nil)
	for path := range standard {
		if _, err := std.Import(path); err != nil {
			t.Error(err)
		}
	}
	for path, src := range std.source {
		p, err := std.Import(path)
		if err != nil {
			t.Errorf("%v\n%s", err, src)
			continue
		}
		q, err := real.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range p.Scope().Names() {
			if token.IsExported(name) {
				compareStd(t, p.Scope().Lookup(name), q.Scope().Lookup(name))
			}
		}
	}
}

func compareStd(t *testing.T, ours, theirs types.Object) {
	t.Helper()
	if theirs == nil {
		t.Errorf("there is no %s", ours)
		return
	}
	if c, ok := ours.(*types.Const); ok {
		if d, ok := theirs.(*types.Const); !ok || c.Type().String() != d.Type().String() || c.Pkg().Path() == "math" && !constant.Compare(c.Val(), token.EQL, d.Val()) {
			t.Errorf("%s is really %s", ours, theirs)
		}
		return
	}
	if _, ok := ours.(*types.TypeName); !ok {
		if ours.String() != theirs.String() {
			t.Errorf("%s is really %s", ours, theirs)
		}
		compareMethods(t, ours.Type(), theirs.Type())
		return
	}
	compareMethods(t, ours.Type(), theirs.Type())
	// Of structs and of testing.TB not all is there.
	if _, ok := ours.Type().Underlying().(*types.Struct); ok || ours.Name() == "TB" {
		return
	}
	if a, b := ours.Type().Underlying().String(), theirs.Type().Underlying().String(); a != b {
		t.Errorf("type %s is %s, really %s", ours, a, b)
	}
}

// compareMethods looks for the methods that a type has here in the real one.
func compareMethods(t *testing.T, ours, theirs types.Type) {
	t.Helper()
	if _, ok := ours.(*types.Named); !ok {
		return
	}
	for m := range types.NewMethodSet(types.NewPointer(ours)).Methods() {
		obj, _, _ := types.LookupFieldOrMethod(theirs, true, m.Obj().Pkg(), m.Obj().Name())
		if obj == nil || obj.Type().String() != m.Obj().Type().String() {
			t.Errorf("%s of %s is really %v", m.Obj(), ours, obj)
		}
	}
	if i, ok := ours.Underlying().(*types.Interface); ok {
		for m := range i.Methods() {
			obj, _, _ := types.LookupFieldOrMethod(theirs, true, m.Pkg(), m.Name())
			if obj == nil || obj.Type().String() != m.Type().String() {
				t.Errorf("%s of %s is really %v", m, ours, obj)
			}
		}
	}
}
