package driver

import (
	"errors"
	"fmt"

	"github.com/bpgen/bpgen/codegen"
	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/explain"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

// Explain says how the gradients of the model in src come about, beside the
// text of the model and the Go that is generated from it.
func Explain(path string, src []byte, opt Options) (*explain.Explanation, *Result, error) {
	res := &Result{}
	m, sources := frontend.Load(path, src, frontend.Options{Dims: opt.Dims, Float: opt.Float}, &res.Diags)
	res.Sources = sources
	defer res.Diags.Sort()
	if len(res.Diags) > 0 {
		return nil, res, nil
	}
	if opt.Package != "" {
		m.Package = opt.Package
	}
	res.Package = m.Package
	raw := explain.Raw(m)
	d := module.Derive(m, &res.Diags)
	if len(res.Diags) > 0 {
		return nil, res, nil
	}
	files, err := codegen.Emit(d, m, codegen.Options{Package: opt.Package})
	if err != nil {
		return nil, res, fmt.Errorf("%s: %w", path, err)
	}
	res.Files = files
	notes, err := notesOf(d)
	if err != nil {
		return nil, res, fmt.Errorf("%s: %w", path, err)
	}
	e := &explain.Explanation{
		Title: m.Package, Derivations: explain.Derive(m, raw), Model: explain.Text{Name: path, Data: src}, Notes: notes,
	}
	for _, f := range files {
		e.Go = append(e.Go, explain.Text{Name: f.Name, Data: f.Data})
	}
	return e, res, nil
}

// notesOf are the notes of all loop programs, as they are printed.
func notesOf(d *module.Derived) ([]explain.Note, error) {
	var out []explain.Note
	var errs []error
	for _, p := range d.All() {
		prog, err := loop.Lower(p)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, n := range prog.Notes() {
			out = append(out, explain.Note{Text: codegen.NoteText(n), Node: n.Node})
		}
	}
	return out, errors.Join(errs...)
}

