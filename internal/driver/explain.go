package driver

import (
	"github.com/bpgen/bpgen/codegen"
	"github.com/bpgen/bpgen/explain"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/frontend"
	"github.com/bpgen/bpgen/symbolic/module"
)

// Explain says how the gradients of the model in src come about, beside the
// text of the model and the Go that is generated from it.
func Explain(path string, src []byte, opt Options) (_ *explain.Explanation, _ *Result, err error) {
	defer orBug(path, &err)
	res := &Result{}
	m, sources := frontend.Load(path, src, opt.frontend(), &res.Diags)
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
	e := &explain.Explanation{Title: m.Package, Model: explain.Source{Name: path, Data: src}}
	files, err := codegen.Emit(d, m, codegen.Options{Package: opt.Package, Plain: true, Strict: opt.Strict, Said: func(text string, n *symbolic.Node) {
		e.Notes = append(e.Notes, explain.Note{Text: text, Node: n})
	}})
	if err != nil {
		return nil, res, res.blame(path, err)
	}
	res.Files = files
	for _, f := range files {
		e.Go = append(e.Go, explain.Source{Name: f.Name, Data: f.Data})
	}
	// Last, since it adds to the graphs.
	if !m.Checkpoints {
		e.Derivations = explain.Derive(m, raw, &res.Diags)
		return e, res, nil
	}
	// A person wrote a scan; its segments are how the code goes about it.
	from := opt.frontend()
	from.Whole = true
	whole, _ := frontend.Load(path, src, from, &res.Diags)
	raw = explain.Raw(whole)
	module.Derive(whole, &res.Diags)
	if len(res.Diags) > 0 {
		return nil, res, nil
	}
	e.Derivations = explain.Derive(whole, raw, &res.Diags)
	explain.CodeOf(e.Derivations, m)
	return e, res, nil
}
