package codegen

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"sync"
)

// A stdImporter imports the standard library from its source, so that no
// installed export data is needed, and keeps what it has read.
type stdImporter struct {
	lock   sync.Mutex
	source types.Importer
	known  map[string]*types.Package
}

var std = &stdImporter{
	source: importer.ForCompiler(token.NewFileSet(), "source", nil),
	known:  map[string]*types.Package{},
}

func (s *stdImporter) Import(path string) (*types.Package, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if p := s.known[path]; p != nil {
		return p, nil
	}
	p, err := s.source.Import(path)
	if err == nil {
		s.known[path] = p
	}
	return p, err
}

// typecheck reports what the Go compiler would object to in files. Anything it
// finds is a mistake of bpgen, not of the model.
func typecheck(pkg string, files []File) error {
	fset := token.NewFileSet()
	var parsed []*ast.File
	for _, f := range files {
		a, err := parser.ParseFile(fset, f.Name, f.Data, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("codegen: generated code does not parse: %w", err)
		}
		parsed = append(parsed, a)
	}
	var errs []string
	conf := types.Config{Importer: std, Error: func(err error) {
		if len(errs) < 10 {
			errs = append(errs, err.Error())
		}
	}}
	if _, err := conf.Check(pkg, fset, parsed, nil); err != nil {
		return fmt.Errorf("codegen: generated code does not type-check (a bug in bpgen):\n%s", strings.Join(errs, "\n"))
	}
	return nil
}
