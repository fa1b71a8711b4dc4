package frontend

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
	"github.com/bpgen/bpgen/symbolic/module"
	"github.com/bpgen/bpgen/templates"
)

// A file is a source file with what it declares and imports.
type file struct {
	name     string // in positions
	ast      *parser.File
	embedded bool // a library of bpgen
	entities map[string]*entity
	order    []string
	imports  []*imported
	scope    *scope
	frame    *frame
	missing  bool // an import could not be read, so names may be unknown
	resolved bool // consts and dims have their values
}

type imported struct {
	alias string
	file  *file
	span  diag.Span
}

// An entity is what a file declares under a name. Its value is made when it is
// first asked for, so the order of declarations does not matter.
type entity struct {
	name  string
	decl  parser.Decl
	spec  *parser.ValueSpec
	doc   []string
	file  *file
	span  diag.Span
	state int // 0 untouched, 1 being made, 2 made
	used  bool
	val   value
}

func (e *entity) kind() string {
	switch d := e.decl.(type) {
	case *parser.ConstDecl:
		return "const"
	case *parser.DimDecl:
		return "dim"
	case *parser.FuncDecl:
		return d.Kind.String()
	case *parser.InstanceDecl:
		return "layer"
	}
	return "func"
}

func (e *entity) callable() bool { return e.kind() != "const" && e.kind() != "dim" }

// parse reads a file and its imports. key identifies the file, name is what
// positions call it, trail are the files that led here.
func (f *frontend) parse(key, name string, src []byte, embedded bool, trail []string) *file {
	f.sources[name] = src
	before := len(*f.errs)
	ast := parser.Parse(name, src, f.errs)
	fl := &file{name: name, ast: ast, embedded: embedded, entities: map[string]*entity{}}
	f.files[key] = fl
	if ast == nil || len(*f.errs) > before {
		return nil
	}
	fl.scope = &scope{file: fl, names: map[string]*binding{}}
	fl.frame = &frame{file: fl}
	trail = append(slices.Clone(trail), key)
	for _, d := range ast.Decls {
		switch d := d.(type) {
		case *parser.ImportDecl:
			f.doImport(fl, d, trail)
		case *parser.ConstDecl:
			for _, s := range d.Specs {
				fl.declare(f, s.Name, d, s, d.Doc)
			}
		case *parser.DimDecl:
			for _, s := range d.Specs {
				fl.declare(f, s.Name, d, s, d.Doc)
			}
		case *parser.FuncDecl:
			fl.declare(f, d.Name, d, nil, d.Doc)
			f.notePoints(d)
		case *parser.InstanceDecl:
			f.report(nil, d.Span(), "layer %s = … stands in a model or layer, which then owns its parameters", identName(d.Name))
		case *parser.ExternDecl:
			fl.declare(f, d.Name, d, nil, d.Doc)
		}
	}
	for _, im := range fl.imports {
		if e := fl.entities[im.alias]; e != nil {
			f.report(nil, e.span, "%s is the name of an import", e.name).Note(e.name, "import", im.span)
		}
	}
	for _, n := range fl.order {
		d, ok := fl.entities[n].decl.(*parser.FuncDecl)
		if !ok || d.Kind == parser.Model { // a model's arguments are bound once, and reported there
			continue
		}
		for _, p := range d.Static {
			fl.hides(f, p.Name)
		}
		for _, p := range d.Params {
			fl.hides(f, p.Name)
		}
	}
	return fl
}

// hides reports a parameter that has the name of a dim or const of its file.
func (fl *file) hides(f *frontend, id *parser.Ident) {
	if e := fl.own(id.Name); e != nil && !e.callable() {
		f.report(nil, id.Span(), "%s is already a %s of the file", id.Name, e.kind()).Note(id.Name, "declared", e.span)
	}
}

func identName(id *parser.Ident) string {
	if id == nil {
		return "_"
	}
	return id.Name
}

func (fl *file) declare(f *frontend, id *parser.Ident, d parser.Decl, spec *parser.ValueSpec, doc []string) {
	if id == nil {
		return
	}
	e := &entity{name: id.Name, decl: d, spec: spec, doc: doc, file: fl, span: id.Span()}
	if old := fl.entities[id.Name]; old != nil {
		f.report(nil, id.Span(), "%s is declared twice", id.Name).Note(id.Name, "declared before", old.span)
		return
	}
	if reserved[id.Name] {
		f.report(nil, id.Span(), "%s hides the built-in %s", id.Name, id.Name)
		return
	}
	// The functions of the language are around every file, and what a file
	// declares goes before them. A library may be older than a function that
	// it has too; the operator is better then.
	if fl.embedded && isBuiltin(id.Name) {
		return
	}
	fl.entities[id.Name] = e
	fl.order = append(fl.order, id.Name)
}

// entityUsed notes that a declaration has been elaborated.
func (fl *file) entityUsed(d *parser.FuncDecl) {
	if e := fl.entities[d.Name.Name]; e != nil && e.decl == parser.Decl(d) {
		e.used = true
	}
}

func (fl *file) own(name string) *entity {
	if fl == nil {
		return nil
	}
	return fl.entities[name]
}

// lookup finds a name in the file and its imports.
func (fl *file) lookup(f *frontend, name string, at diag.Span) *binding {
	if e := fl.entities[name]; e != nil {
		return &binding{val: e.value(f), span: e.span, what: e.kind()}
	}
	var found []*entity
	for _, im := range fl.imports {
		if im.alias == "" {
			if e := im.file.own(name); e != nil && e.kind() != "model" && !slices.Contains(found, e) {
				found = append(found, e)
			}
		}
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		e := found[0]
		return &binding{val: e.value(f), span: e.span, what: e.kind()}
	}
	d := f.report(fl.frame, at, "%s is in several imported files", name)
	for _, e := range found {
		d.Note(name, e.kind(), e.span)
	}
	d.Hintf("import one of them under a name: import a \"./file.bp\", then a.%s", name)
	return &binding{val: poison{}, span: at}
}

// visible lists what a file declares and imports.
func (fl *file) visible() []string {
	out := slices.Clone(fl.order)
	for _, im := range fl.imports {
		if im.alias != "" {
			out = append(out, im.alias)
		} else if im.file != nil {
			out = append(out, im.file.order...)
		}
	}
	return out
}

// alias returns the file that a name was given to by an import.
func (fl *file) alias(name string) *file {
	for _, im := range fl.imports {
		if im.alias == name {
			return im.file
		}
	}
	return nil
}

// library returns a library of bpgen, or nil. Its files are one set of names,
// and each sees those of the others.
func (f *frontend) library(name string) *file {
	if fl, ok := f.lib[name]; ok {
		return fl
	}
	parts, err := templates.BP.ReadDir("bp/" + name)
	if err != nil {
		return nil
	}
	all := &file{name: "bpgen/" + name, embedded: true, entities: map[string]*entity{}}
	f.lib[name] = all
	for _, p := range parts {
		path := name + "/" + p.Name()
		src, err := templates.BP.ReadFile("bp/" + path)
		if err != nil {
			continue // it is a folder
		}
		fl := f.parse("lib:"+path, "bpgen/"+path, src, true, nil)
		if fl == nil {
			continue // reported
		}
		fl.imports = append(fl.imports, &imported{file: all})
		for _, n := range fl.order {
			if old := all.entities[n]; old != nil {
				f.report(nil, fl.entities[n].span, "%s is declared twice", n).Note(n, "declared before", old.span)
			}
			all.entities[n] = fl.entities[n]
			all.order = append(all.order, n)
		}
	}
	return all
}

// resolveAll makes the values of all consts and dims, so that their errors
// are reported whether or not they are used.
func (fl *file) resolveAll(f *frontend) {
	if fl.resolved {
		return // imported on several ways
	}
	fl.resolved = true
	for _, name := range fl.order {
		if e := fl.entities[name]; !e.callable() {
			e.value(f)
		}
	}
	for _, name := range fl.order {
		e := fl.entities[name]
		if d, ok := e.decl.(*parser.ExternDecl); ok {
			if v, ok := e.value(f).(*foreign); ok {
				f.protect(e.span, func() { f.externGrads(fl, d, v) })
			}
		}
	}
	for _, im := range fl.imports {
		if im.file != nil && !im.file.embedded {
			im.file.resolveAll(f)
		}
	}
}

// value makes the entity's value.
func (e *entity) value(f *frontend) value {
	switch e.state {
	case 1:
		f.report(nil, e.span, "%s is defined by itself", e.name)
		e.val, e.state = poison{}, 2
		return e.val
	case 2:
		return e.val
	}
	e.state, e.val = 1, poison{}
	f.protect(e.span, func() { e.val = e.make(f) })
	e.state = 2
	return e.val
}

func (e *entity) make(f *frontend) value {
	c := &ctx{frontend: f, scope: e.file.scope, frame: e.file.frame}
	switch d := e.decl.(type) {
	case *parser.FuncDecl:
		return &closure{decl: d, env: e.file.scope, file: e.file}
	case *parser.ConstDecl:
		v := c.constValue(e.spec)
		if !e.file.embedded {
			c.noteConst(e.name, v)
		}
		return v
	case *parser.DimDecl:
		return c.dimValue(e)
	case *parser.ExternDecl:
		return c.extern(d)
	}
	return poison{}
}

// constValue is the value of a const: a number, a truth value or a list.
func (c *ctx) constValue(s *parser.ValueSpec) value {
	if s.Value == nil {
		return poison{}
	}
	v := c.eval(s.Value)
	switch v := v.(type) {
	case number, truth, *list, poison:
		return v
	case *tensor:
		c.errorf(s.Value.Span(), "%s is not known when generating, so it cannot be a const", short(c.text(s.Value)))
		return poison{}
	}
	c.errorf(s.Value.Span(), "a const is a number or a list of numbers, not %s", describe(v))
	return poison{}
}

// noteConst remembers that a number has a name.
func (f *frontend) noteConst(name string, v value) {
	switch v := v.(type) {
	case number:
		n := v.f
		if v.exact {
			k, ok := v.poly.Const()
			if !ok {
				return
			}
			n = float64(k)
		}
		if k := (module.Const{Name: name, Value: n}); !f.noted[k] {
			f.noted[k] = true
			f.consts = append(f.consts, &k)
		}
	case *list:
		if v.n > maxNoted {
			return // lists of lists double, and numbers of a long one are no names
		}
		for i, e := range v.elems {
			f.noteConst(name+"["+strconv.Itoa(i)+"]", e)
		}
	}
}

// dimValue is the value of a dim of a file.
func (c *ctx) dimValue(e *entity) value {
	d := &dimInfo{Dim: &module.Dim{Name: e.name, Doc: e.doc, Span: e.span}}
	if e.file == c.main || c.dims[e.name] == nil {
		c.dims[e.name] = d
	}
	if text, ok := c.opt.Dims[e.name]; ok && !e.file.embedded {
		return c.override(e, d, text)
	}
	if e.spec.Value != nil {
		return c.dimNumber(e.spec.Value, d)
	}
	if e.spec.Bound != nil {
		if n, ok := c.constInt(e.spec.Bound, "the bound of a dim"); ok {
			d.Bound, d.bound = n, n
		}
	}
	return whole(symbolic.Sym(e.name))
}

// dimNumber evaluates a dim's value: a size, or a list of sizes.
func (c *ctx) dimNumber(x parser.Expr, d *dimInfo) value {
	v := c.eval(x)
	switch v := v.(type) {
	case poison:
		return v
	case *list:
		for i, e := range v.elems {
			at := parser.Node(x)
			if l, ok := unparen(x).(*parser.List); ok {
				at = l.Elems[i]
			}
			n, ok := e.(number)
			if !ok {
				c.errorf(at.Span(), "a list of sizes has %s", describe(e))
				return poison{}
			}
			if _, ok := c.dimPoly(n, at); !ok {
				return poison{}
			}
		}
		return v
	case number:
		p, ok := c.dimPoly(v, x)
		if !ok {
			return poison{}
		}
		if n, ok := p.Const(); ok && d != nil {
			d.Known, d.Value = true, n
		}
		return whole(p)
	}
	c.errorf(x.Span(), "a dim is a whole number or a list of them, not %s", describe(v))
	return poison{}
}

// override reads the value of -D name=value.
func (c *ctx) override(e *entity, d *dimInfo, text string) value {
	var l []value
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
		switch {
		case err != nil || n < 0:
			c.errorf(e.span, "-D %s=%s: a dim is a whole number, or several as 64,32", e.name, short(text))
			return poison{}
		case n > maxDim:
			c.errorf(e.span, "-D %s=%s: a dim is at most 2⁴⁰", e.name, short(text))
			return poison{}
		case len(l) >= maxListLen:
			c.errorf(e.span, "-D %s=%s: a list has at most %d entries", e.name, short(text), maxListLen)
			return poison{}
		}
		l = append(l, whole(symbolic.Int64(n)))
	}
	isList := false
	if e.spec.Value != nil {
		_, isList = unparen(e.spec.Value).(*parser.List)
	}
	switch {
	case isList:
		return &list{l, len(l)}
	case len(l) != 1:
		c.errorf(e.span, "-D %s=%s: %s is one size, not a list", e.name, short(text), e.name)
		return poison{}
	}
	n, _ := l[0].(number).int()
	if e.spec.Value == nil && e.spec.Bound != nil {
		if most, ok := c.constInt(e.spec.Bound, "the bound of a dim"); ok && n > most {
			c.errorf(e.span, "-D %s=%d: %s is at most %d", e.name, n, e.name, most)
			return poison{}
		}
	}
	d.Known, d.Value = true, n
	return l[0]
}

// setRoot finds the directory that imports may not leave.
func (f *frontend) setRoot(path string) {
	if f.root = f.opt.Root; f.root != "" {
		return
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		f.root = filepath.Dir(path)
		return
	}
	f.root = dir
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := f.opt.ReadFile(filepath.Join(d, "go.mod")); err == nil {
			f.root = d
			return
		}
		if d == filepath.Dir(d) {
			return
		}
	}
}

// doImport reads what a file imports.
func (f *frontend) doImport(fl *file, d *parser.ImportDecl, trail []string) {
	bad := func(format string, args ...any) *diag.Diagnostic {
		fl.missing = true
		return f.report(nil, d.PathSpan, format, args...)
	}
	im := &imported{span: d.Span()}
	if d.Alias != nil {
		im.alias = d.Alias.Name
	}
	for _, other := range fl.imports {
		if im.alias != "" && other.alias == im.alias {
			bad("%s is already the name of an import", im.alias)
			return
		}
	}
	f.given = appendNew(f.given, d.Path)
	if !strings.HasSuffix(d.Path, ".bp") {
		if im.file = f.library(d.Path); im.file == nil {
			e := bad("there is no library %q", d.Path)
			if s := diag.Suggest(d.Path, []string{"nn", "optim"}); s != "" {
				e.Hintf("did you mean %q?", s)
			} else {
				e.Hintf(`the libraries are "nn" and "optim"; a file beside this one is "./name.bp"`)
			}
			return
		}
		fl.imports = append(fl.imports, im)
		return
	}
	if fl.embedded || filepath.IsAbs(d.Path) || strings.Contains(d.Path, `\`) || !strings.HasPrefix(d.Path, ".") {
		bad("an import names a file relative to this one").Hintf(`write "./%s"`, filepath.Base(d.Path))
		return
	}
	name := filepath.Join(filepath.Dir(fl.name), filepath.FromSlash(d.Path))
	key, ok := f.inside(name)
	if !ok {
		bad("%s lies outside of %s", d.Path, filepath.Base(f.root)).Hintf("only files under the module that imports may be named")
		return
	}
	if slices.Contains(trail, key) {
		bad("files import each other in a circle")
		return
	}
	if im.file, ok = f.files[key]; !ok {
		if len(f.files) >= maxFiles {
			bad("more than %d files are imported", maxFiles)
			return
		}
		src, err := f.opt.ReadFile(name)
		if err != nil {
			bad("cannot read %s: %v", d.Path, err)
			return
		}
		im.file = f.parse(key, name, src, false, trail)
	}
	if im.file == nil {
		fl.missing = true
		return
	}
	fl.imports = append(fl.imports, im)
}

// inside returns the path that identifies a file, and whether it lies under
// the root, symbolic links followed.
func (f *frontend) inside(name string) (string, bool) {
	real := func(p string) string {
		if abs, err := filepath.Abs(p); err == nil {
			p = abs
		}
		if r, err := filepath.EvalSymlinks(p); err == nil {
			p = r
		}
		return p
	}
	abs, err := filepath.Abs(name)
	if err != nil {
		return name, false
	}
	key := real(name)
	if key == abs { // the file may not exist; its directory may be a link
		key = filepath.Join(real(filepath.Dir(abs)), filepath.Base(abs))
	}
	rel, err := filepath.Rel(real(f.root), key)
	return key, err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

func appendNew(s []string, x string) []string {
	if slices.Contains(s, x) {
		return s
	}
	return append(s, x)
}
