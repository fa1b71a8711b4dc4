// Package frontend resolves the names, dims and types of a model file and
// turns it into a module: what comes in is source text, what goes out is funcs
// and models over one graph, or diagnostics, all that are independent of each
// other.
//
// An expression is elaborated to a value that is known when generating (a
// number, a list, a func) or to a tensor. A tensor may vary along axes that it
// does not show: the batch, the leading dims that a call is mapped over, and
// the indices of index notation. Every primitive brings its operands to the
// same axes and works on the shapes; that is all there is to lifting a model
// over its batch, to mapped calls and to index notation.
package frontend

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
)

// Options say how a model is read.
type Options struct {
	Dims     map[string]string                 // -D name=value; lists are 1,2,3
	Float    string                            // "", float32 or float64: overrides the file
	ReadFile func(path string) ([]byte, error) // from the disk when nil
	Whole    bool                              // checkpointed scans are read as scans, as an explanation sees them
	Root     string                            // imports stay under it; the module's directory when empty
	Extern   func(symbolic.Foreign) error      // says what is wrong with calling a function of Go; nothing where nil
	Effort   int                               // steps of work that the run may take; symbolic.MaxEffort when 0
}

// Limits on what one run may expand to, beside those of symbolic. A model that
// needs more than these is a mistake or an attack; the error names the limit.
const (
	maxDepth   = 200     // calls in calls
	maxUnroll  = 100_000 // iterations of for loops of one declaration
	maxCalls   = 200_000 // calls expanded for one declaration
	callEffort = 500     // steps that a call takes, beside what it adds to the graph
	maxFiles   = 1000    // imported
	maxReports = diag.MaxShown + 1
	maxListLen = 10_000    // entries of a list given with -D
	maxDim     = 1 << 40   // a size known when generating
	maxTerms   = 10_000    // of the polynomial that a size is
	maxDegree  = 64        // of the polynomial that a size is
	maxNames   = 2_000_000 // looked through for suggestions
	maxFile    = 16 << 20  // bytes of a file
	maxMembers = 4096      // arguments, parameters, dims, results of one declaration
	maxNoted   = 1000      // numbers of a list that are known by its name
	maxNumbers = 1_000_000 // in a list, those of its lists included
)

// frontend is one run.
type frontend struct {
	opt     Options
	errs    *diag.List
	sources diag.Sources
	reports []report
	// quiet counts the trials going on, whose errors are not reported;
	// silenced, the errors that were not.
	quiet, silenced int
	// guessing counts the trials in which one branch of a choice may be
	// unknown.
	guessing int

	g        *symbolic.Graph
	effort   *symbolic.Effort // of the run, shared by all graphs
	axes     map[string]*axis
	nextAxis int
	data     map[string]*tensor // whole numbers of the running program, by symbol
	unrolled int
	calls    int
	bodies   []*symbolic.Body // of the loops being elaborated, the outermost first
	depth    int              // of expressions being elaborated
	parted   bool             // there is a scan with checkpoints
	consts   []*module.Const  // that have been given a value
	noted    map[module.Const]bool
	looked   int // names looked through for suggestions
	stopped  bool

	main   *file
	files  map[string]*file // by the path that identifies a file
	given  []string         // files as given, in order of reading
	root   string
	dims   map[string]*dimInfo // run-time and static dims of all files
	usedD  map[string]bool
	checks *[]module.Check // of the func or model being elaborated
	float  module.Float    // 0: by kind
	lib    map[string]*file
	flatOf map[*tensor]string                   // what a flattened value was, for messages
	handed map[*symbolic.Node]*symbolic.Call    // by which call a value came to the name that it has
	points map[*parser.FuncDecl]map[string]bool // names that derivatives are taken by in a declaration
	// sizeArgs are the int arguments of the func, or givens of the model, being
	// elaborated that are sizes.
	sizeArgs map[string]bool
	endless  map[*parser.FuncDecl]bool // recursions that have been reported
}

// dimInfo is what is known of a run-time dim.
type dimInfo struct {
	*module.Dim
	bound int
}

// Load reads the model file, whose text is src, and what it imports. The
// module is nil where there were errors. The sources are those that
// diagnostics point into.
func Load(path string, src []byte, opt Options, errs *diag.List) (*module.Module, diag.Sources) {
	if opt.ReadFile == nil {
		opt.ReadFile = readImport
	}
	f := &frontend{
		opt: opt, errs: errs, sources: diag.Sources{},
		effort: &symbolic.Effort{Limit: opt.Effort}, noted: map[module.Const]bool{}, axes: map[string]*axis{}, data: map[string]*tensor{},
		files: map[string]*file{}, dims: map[string]*dimInfo{}, usedD: map[string]bool{}, lib: map[string]*file{}, flatOf: map[*tensor]string{}, handed: map[*symbolic.Node]*symbolic.Call{}, points: map[*parser.FuncDecl]map[string]bool{}, endless: map[*parser.FuncDecl]bool{},
		nextAxis: batchID + 1,
	}
	f.g = f.newGraph()
	before := len(*errs)
	m := f.load(path, src)
	f.flush()
	errs.Sort()
	if len(*errs) > before {
		m = nil
	}
	return m, f.sources
}

// readImport reads what is imported. A pipe or a device might never end.
func readImport(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no ordinary file")
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("it is longer than %d MB", maxFile>>20)
	}
	return os.ReadFile(path)
}

func (f *frontend) load(path string, src []byte) *module.Module {
	if len(src) > maxFile {
		f.errs.Addf(diag.Span{Pos: diag.Pos{File: path, Line: 1, Col: 1}}, "the file is longer than %d MB", maxFile>>20)
		return nil
	}
	f.setRoot(path)
	before := len(*f.errs)
	key, _ := f.inside(path)
	f.main = f.parse(key, path, src, false, nil)
	if f.main == nil || len(*f.errs) > before {
		return nil
	}
	ast := f.main.ast
	m := &module.Module{Doc: ast.Doc, Files: append([]string{path}, f.given...)}
	if ast.Package != nil {
		m.Package = ast.Package.Name
	}
	f.setFloat()
	f.checkOverrides()
	f.main.resolveAll(f)
	for _, d := range ast.Decls {
		fd, ok := d.(*parser.FuncDecl)
		if !ok {
			continue
		}
		if len(f.reports) >= maxReports || f.effort.Over() {
			break
		}
		f.g = f.newGraph()
		f.stopped, f.unrolled, f.calls = false, 0, 0
		switch {
		case fd.Kind == parser.Model:
			f.protect(fd.Name.Span(), func() {
				if x := f.model(fd); x != nil && f.few(fd, len(x.Dims), len(x.Call), len(x.Args), len(x.Params), len(x.States), len(x.Givens),
					len(x.Samples), len(x.Train.Outputs), len(x.Train.Losses), len(x.Train.Penalties), len(x.Train.Metrics)) {
					m.Models = append(m.Models, x)
				}
			})
		case fd.Kind == parser.Func && upper(fd.Name.Name):
			f.protect(fd.Name.Span(), func() {
				if x := f.fun(fd); x != nil && f.few(fd, len(x.Dims), len(x.Args), len(x.Results), len(x.Derive)) {
					m.Funcs = append(m.Funcs, x)
				}
			})
		}
	}
	f.main.checkUnused(f)
	for _, name := range f.main.order {
		if d := f.dims[name]; d != nil && f.main.entities[name].kind() == "dim" && d.Known {
			m.Dims = append(m.Dims, d.Dim)
		}
	}
	m.Consts, m.Checkpoints = f.consts, f.parted
	f.checkGoNames(m)
	f.checkDerivedNames(m)
	return m
}

// few reports a func or model with more members than a Go type may sensibly
// have fields.
func (f *frontend) few(d *parser.FuncDecl, members ...int) bool {
	n := 0
	for _, k := range members {
		n += k
	}
	if n > maxMembers {
		f.report(nil, d.Name.Span(), "%s has more than %d arguments, parameters, dims and results", d.Name.Name, maxMembers)
	}
	return n <= maxMembers
}

func (f *frontend) newGraph() *symbolic.Graph {
	g := symbolic.NewGraph()
	g.Effort = f.effort
	return g
}

// protect runs f and reports sizes that overflow and limits. Anything else that goes
// wrong inside is a bug of bpgen, which must not take the caller down.
func (f *frontend) protect(at diag.Span, run func()) {
	quiet, checks, graph := f.quiet, f.checks, f.g
	defer func() {
		if r := recover(); r != nil {
			f.quiet, f.checks, f.g = quiet, checks, graph
			f.report(nil, at, "internal error: %v", r).Hintf("this is a bug in bpgen; please report it with the model")
			if debug {
				panic(r)
			}
		}
	}()
	if err := symbolic.Guard(run); err != nil {
		f.quiet, f.checks, f.g = quiet, checks, graph
		f.report(nil, at, "%v", err)
		f.stopped = f.stopped || f.effort.Over()
	}
}

// debug makes tests see where an internal error came from.
var debug = false

// stop ends elaboration with an error about a limit.
func (c *ctx) stop(at diag.Span, format string, args ...any) value {
	if !c.stopped {
		quiet := c.quiet
		c.quiet = 0
		c.errorf(at, format, args...)
		c.quiet = quiet
		c.stopped = true
	}
	return poison{}
}

func (f *frontend) setFloat() {
	name, span := f.opt.Float, diag.Span{Pos: diag.Pos{File: f.main.name}}
	if name == "" {
		for _, d := range f.main.ast.Decls {
			t, ok := d.(*parser.TypeDecl)
			if !ok || t.Name == nil {
				continue
			}
			if name != "" {
				f.report(nil, t.Span(), "a second element type").Note("", "the first", span)
				continue
			}
			name, span = t.Name.Name, t.Name.Span()
		}
	}
	switch name {
	case "":
	case "float32":
		f.float = module.Float32
	case "float64":
		f.float = module.Float64
	default:
		d := f.report(nil, span, "unknown element type %s", name)
		d.Hintf("float32 or float64")
	}
}

func (f *frontend) floatOf(k parser.FuncKind) module.Float {
	switch {
	case f.float != 0:
		return f.float
	case k == parser.Model:
		return module.Float32
	}
	return module.Float64
}

// checkOverrides reports -D flags that name no dim.
func (f *frontend) checkOverrides() {
	known := map[string]bool{}
	for _, fl := range f.files {
		for name, e := range fl.entities {
			if e.kind() == "dim" && !fl.embedded {
				known[name] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.opt.Dims)) {
		if known[name] {
			continue
		}
		d := f.report(nil, diag.Span{Pos: diag.Pos{File: f.main.name}}, "-D %s=%s: there is no dim %s", name, f.opt.Dims[name], name)
		names := slices.Sorted(maps.Keys(known))
		if s := diag.Suggest(name, names); s != "" {
			d.Hintf("did you mean %s?", s)
		} else if len(names) > 0 {
			d.Hintf("the dims are %s", strings.Join(names, ", "))
		}
	}
}

func upper(name string) bool {
	for _, r := range name {
		return strings.ToUpper(string(r)) == string(r) && strings.ToLower(string(r)) != string(r)
	}
	return false
}

// goName is what a name becomes in generated Go.
func goName(name string) string {
	var b strings.Builder
	up := true
	for _, r := range name {
		switch {
		case r == '.' || r == '_' || r == '[':
			up = true
			continue
		case r == ']':
			continue
		}
		if up {
			b.WriteString(strings.ToUpper(string(r)))
		} else {
			b.WriteRune(r)
		}
		up = false
	}
	return b.String()
}

// checkGoNames reports names that would be one name in generated Go.
func (f *frontend) checkGoNames(m *module.Module) {
	type named struct {
		name string
		span diag.Span
	}
	check := func(what string, ns []named) {
		seen := map[string]named{}
		for _, n := range ns {
			g := goName(n.name)
			if old, ok := seen[g]; ok && old.name != n.name {
				f.report(nil, n.span, "%s %s and %s would both be %s in Go", what, old.name, n.name, g).
					Note(old.name, "declared", old.span).Hintf("rename one of them")
				continue
			}
			seen[g] = n
		}
	}
	var top []named
	for _, x := range m.Funcs {
		top = append(top, named{x.Name, x.Span})
	}
	for _, x := range m.Models {
		top = append(top, named{x.Name, x.Span})
		var ps, as []named
		for _, p := range x.Params {
			ps = append(ps, named{p.Name, p.Span})
		}
		for _, s := range x.States {
			ps = append(ps, named{s.Name, s.Span})
		}
		for _, a := range x.Args {
			as = append(as, named{a.Name, a.Span})
		}
		check("parameters", ps)
		check("arguments", as)
	}
	check("declarations", top)
	for _, x := range m.Funcs {
		var as []named
		for _, a := range x.Args {
			as = append(as, named{a.Name, a.Span})
		}
		check("arguments", as)
	}
}
