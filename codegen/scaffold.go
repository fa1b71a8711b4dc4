package codegen

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/bpgen/bpgen/templates"
)

// The scaffolding is Go source that every generated package could have. Only
// the declarations that the rest of the package asks for are copied, so that
// nothing in it is unused.
type scaffold struct {
	decls []*scaffoldDecl
	byKey map[string][]*scaffoldDecl
}

type scaffoldDecl struct {
	name string // what it declares; of a method the receiver's type
	text string
	uses []string
	keep bool
	done bool // printed
}

// fill replaces the names in a template: {{.Package}} and so on.
func fillTemplate(file string, names map[string]string) (string, error) {
	src, err := templates.Go.ReadFile("go/" + file)
	if err != nil {
		return "", err
	}
	t, err := template.New(file).Option("missingkey=error").Parse(string(src))
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, names); err != nil {
		return "", err
	}
	return out.String(), nil
}

// loadScaffold reads templates, and makes changes in them where edit is not nil.
func loadScaffold(edit func(src string) (string, error), files ...string) (*scaffold, error) {
	s := &scaffold{byKey: map[string][]*scaffoldDecl{}}
	for _, name := range files {
		src, err := fillTemplate(name, map[string]string{"Package": "p"})
		if err != nil {
			return nil, err
		}
		if edit != nil {
			if src, err = edit(src); err != nil {
				return nil, err
			}
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
				continue
			}
			from, to := fset.Position(d.Pos()).Offset, fset.Position(d.End()).Offset
			if doc := docOf(d); doc != nil {
				from = fset.Position(doc.Pos()).Offset
			}
			sd := &scaffoldDecl{name: declared(d), text: src[from:to], uses: mentioned(d)}
			if sd.name == "" {
				return nil, fmt.Errorf("codegen: %s: a declaration without one name", name)
			}
			s.decls = append(s.decls, sd)
			s.byKey[sd.name] = append(s.byKey[sd.name], sd)
		}
	}
	return s, nil
}

func docOf(d ast.Decl) *ast.CommentGroup {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Doc
	case *ast.GenDecl:
		return d.Doc
	}
	return nil
}

// declared returns the name that a declaration is kept for.
func declared(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return d.Name.Name
		}
		t := d.Recv.List[0].Type
		if p, ok := t.(*ast.StarExpr); ok {
			t = p.X
		}
		if x, ok := t.(*ast.IndexExpr); ok { // of a generic type
			t = x.X
		}
		if id, ok := t.(*ast.Ident); ok {
			return id.Name
		}
	case *ast.GenDecl:
		if len(d.Specs) != 1 {
			return ""
		}
		switch s := d.Specs[0].(type) {
		case *ast.TypeSpec:
			return s.Name.Name
		case *ast.ValueSpec:
			return s.Names[0].Name
		}
	}
	return ""
}

// mentioned returns the identifiers in n that may be those of declarations:
// all but what follows a dot.
func mentioned(n ast.Node) []string {
	var out []string
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			ast.Inspect(n.X, func(m ast.Node) bool {
				if id, ok := m.(*ast.Ident); ok {
					out = append(out, id.Name)
				}
				return true
			})
			return false
		case *ast.Ident:
			out = append(out, n.Name)
		}
		return true
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// ending returns the names that end in one of some ways.
func (s *scaffold) ending(suffixes ...string) map[string]bool {
	out := map[string]bool{}
	for n := range s.byKey {
		out[n] = slices.ContainsFunc(suffixes, func(x string) bool { return strings.HasSuffix(n, x) })
	}
	return out
}

// drop takes a suffix off all names that end in it, and returns what is left of
// them.
func (s *scaffold) drop(suffix string) map[string]bool {
	dropped := map[string]bool{}
	ending := regexp.MustCompile(`\b(\w+)` + suffix + `\b`)
	s.byKey = map[string][]*scaffoldDecl{}
	for _, d := range s.decls {
		dropped[strings.TrimSuffix(d.name, suffix)] = strings.HasSuffix(d.name, suffix)
		d.name, d.text = ending.ReplaceAllString(d.name, "$1"), ending.ReplaceAllString(d.text, "$1")
		for i, u := range d.uses {
			d.uses[i] = ending.ReplaceAllString(u, "$1")
		}
		s.byKey[d.name] = append(s.byKey[d.name], d)
	}
	return dropped
}

// names returns what the scaffolding declares, in order.
func (s *scaffold) names() []string {
	var out []string
	for n := range s.byKey {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// used returns the source of the declarations that bodies need, without those
// that it has returned before.
func (s *scaffold) used(bodies ...string) (string, error) {
	var want func(name string)
	want = func(name string) {
		for _, d := range s.byKey[name] {
			if !d.keep {
				d.keep = true
				for _, u := range d.uses {
					want(u)
				}
			}
		}
	}
	for _, b := range bodies {
		f, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+b, parser.SkipObjectResolution)
		if err != nil {
			return "", fmt.Errorf("codegen: %w", err)
		}
		for _, name := range mentioned(f) {
			want(name)
		}
	}
	var out []string
	for _, d := range s.decls {
		if d.keep && !d.done {
			d.done = true
			out = append(out, d.text)
		}
	}
	return strings.Join(out, "\n\n"), nil
}

// stripHeader takes the package clause and the imports off Go source.
func stripHeader(src string) (string, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", src, parser.ImportsOnly)
	if err != nil {
		return "", err
	}
	end := f.Name.End()
	for _, d := range f.Decls {
		end = d.End()
	}
	return src[fset.Position(end).Offset:], nil
}
