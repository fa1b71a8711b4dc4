package codegen

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"sync"

	"github.com/bpgen/bpgen/symbolic"
	"golang.org/x/tools/txtar"
)

//go:embed std.txt
var stdText []byte

// A stdImporter imports the part of the standard library that generated code
// uses from declarations that are part of bpgen. Reading the real packages
// from source takes half a second, and needs them to be there.
type stdImporter struct {
	lock   sync.Mutex
	source map[string][]byte
	known  map[string]*types.Package
}

var std = newStdImporter()

func newStdImporter() *stdImporter {
	s := &stdImporter{source: map[string][]byte{}, known: map[string]*types.Package{}}
	for _, f := range txtar.Parse(stdText).Files {
		s.source[f.Name] = f.Data
	}
	return s
}

// Import returns a package with the declarations in std.txt.
func (s *stdImporter) Import(path string) (*types.Package, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.read(path)
}

func (s *stdImporter) read(path string) (*types.Package, error) {
	if p := s.known[path]; p != nil {
		return p, nil
	}
	src, ok := s.source[path]
	if !ok {
		return nil, fmt.Errorf("package %s is not in std.txt", path)
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	conf := types.Config{Importer: importerFunc(s.read), IgnoreFuncBodies: true}
	p, err := conf.Check(path, fset, []*ast.File{f}, nil)
	if err == nil {
		s.known[path] = p
	}
	return p, err
}

type importerFunc func(path string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }

// importing imports the standard library, and packages with the functions that
// the model calls.
func importing(foreign []*symbolic.OpSpec) types.Importer {
	made := map[string]*types.Package{}
	for _, op := range foreign {
		f := op.Foreign
		if f.Path == "math" {
			continue
		}
		p := made[f.Path]
		if p == nil {
			p = types.NewPackage(f.Path, packageIdent(f.Path))
			p.MarkComplete()
			made[f.Path] = p
		}
		float := types.Typ[types.Float64]
		var in []*types.Var
		for range op.Args {
			in = append(in, types.NewVar(token.NoPos, p, "", float))
		}
		out := types.NewTuple(types.NewVar(token.NoPos, p, "", float))
		p.Scope().Insert(types.NewFunc(token.NoPos, p, f.Func, types.NewSignatureType(nil, nil, nil, types.NewTuple(in...), out, false)))
	}
	return importerFunc(func(path string) (*types.Package, error) {
		if p := made[path]; p != nil {
			return p, nil
		}
		return std.Import(path)
	})
}

// typecheck reports what the Go compiler would object to in files. Anything it
// finds is a mistake of bpgen, not of the model.
func typecheck(pkg string, files []File, foreign []*symbolic.OpSpec) error {
	_, _, err := checked(pkg, files, foreign, nil)
	return err
}

// checked is typecheck, and returns what it has read; info may be nil.
func checked(pkg string, files []File, foreign []*symbolic.OpSpec, info *types.Info) (*token.FileSet, []*ast.File, error) {
	fset := token.NewFileSet()
	var parsed []*ast.File
	for _, f := range files {
		a, err := parser.ParseFile(fset, f.Name, f.Data, parser.SkipObjectResolution)
		if err != nil {
			return nil, nil, fmt.Errorf("codegen: generated code does not parse: %w", err)
		}
		parsed = append(parsed, a)
	}
	var errs []string
	conf := types.Config{Importer: importing(foreign), Error: func(err error) {
		if len(errs) < 10 {
			errs = append(errs, err.Error())
		}
	}}
	if _, err := conf.Check(pkg, fset, parsed, info); err != nil {
		return nil, nil, fmt.Errorf("codegen: generated code does not type-check (a bug in bpgen):\n%s", strings.Join(errs, "\n"))
	}
	return fset, parsed, nil
}
