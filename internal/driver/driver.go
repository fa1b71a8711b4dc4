// Package driver is the way of a model through bpgen, from text to files.
package driver

import (
	"errors"
	"fmt"

	"github.com/bpgen/bpgen/codegen"
	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

// Options are what the command line adds to the text of a model.
type Options struct {
	Package string            // overrides the package clause
	Float   string            // float32 or float64, overrides the model's
	Dims    map[string]string // -D name=value
	Plain   bool              // Go in one piece, to be read: no kernels, no assembly
	Strict  bool              // numbers that are the same to the bit on every platform
	Effort  int               // steps of work that the model may take; symbolic.MaxEffort when 0

	ReadFile func(path string) ([]byte, error) // reads imported files; os.ReadFile when nil
}

func (o Options) frontend() frontend.Options {
	opt := frontend.Options{Dims: o.Dims, Float: o.Float, ReadFile: o.ReadFile, Effort: o.Effort}
	if o.Strict {
		opt.Extern = codegen.StrictForeign
	}
	return opt
}

// A File is a generated file.
type File = codegen.File

// A Result is what became of a model: files, or diagnostics that say why not.
type Result struct {
	Package string
	Files   []File
	Diags   diag.List
	Sources diag.Sources
}

// Generate turns the model in src into Go files. What is wrong with the model
// is in Result.Diags; an error means that bpgen itself failed.
func Generate(path string, src []byte, opt Options) (_ *Result, err error) {
	defer orBug(path, &err)
	m, d, res := front(path, src, opt)
	if len(res.Diags) > 0 {
		return res, nil
	}
	files, err := codegen.Emit(d, m, codegen.Options{Package: opt.Package, Tests: true, Plain: opt.Plain, Strict: opt.Strict})
	if err != nil {
		return res, res.blame(path, err)
	}
	res.Files = files
	return res, nil
}

// blame makes a diagnostic of an error that is the model's, and else an error
// of its own.
func (res *Result) blame(path string, err error) error {
	var of *codegen.Error
	if errors.As(err, &of) && symbolic.OfModel(err) {
		res.Diags.Addf(of.Span, "%v", of.Err)
		return nil
	}
	return fmt.Errorf("%s: %w", path, err)
}

// Check says what is wrong with the model in src.
func Check(path string, src []byte, opt Options) (_ *Result, err error) {
	defer orBug(path, &err)
	_, _, res := front(path, src, opt)
	return res, nil
}

// Format returns the text in its canonical layout.
func Format(path string, src []byte) ([]byte, diag.List) {
	var errs diag.List
	f := parser.Parse(path, src, &errs)
	if len(errs) > 0 {
		errs.Sort()
		return nil, errs
	}
	return parser.Format(f), nil
}

// front goes as far as the graph with its gradients, simplified.
func front(path string, src []byte, opt Options) (*module.Module, *module.Derived, *Result) {
	res := &Result{}
	m, sources := frontend.Load(path, src, opt.frontend(), &res.Diags)
	res.Sources = sources
	var d *module.Derived
	if len(res.Diags) == 0 {
		if opt.Package != "" {
			m.Package = opt.Package
		}
		res.Package = m.Package
		d = module.Derive(m, &res.Diags)
	}
	res.Diags.Sort()
	return m, d, res
}
