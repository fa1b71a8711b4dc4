package frontend

import (
	"slices"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/parser"
	"github.com/bpgen/bpgen/symbolic"
)

// A scope maps names to what they are bound to. Scopes nest as blocks do; the
// outermost scope of a body leads to the file it stands in.
type scope struct {
	up    *scope
	file  *file
	names map[string]*binding
}

// A binding is what a name stands for, with what messages say about it.
type binding struct {
	val  value
	span diag.Span
	what string // param, argument of dense, flat(L[ids]) of [words=4, embed=50]
	with string // the last of the parameters in whose group it has its type, or ""
}

// groupOf is the name that parameter i has its type from, as w has in w, x [n];
// "" where it has a type of its own.
func groupOf(params []*parser.Param, i int) string {
	last := i
	for last+1 < len(params) && params[i].Type != nil && params[last+1].Type == params[i].Type {
		last++
	}
	if last == i {
		return ""
	}
	return params[last].Name.Name
}

func (s *scope) inner() *scope {
	return &scope{up: s, file: s.file, names: map[string]*binding{}}
}

// local returns the binding of a name in a body, or nil.
func (s *scope) local(name string) *binding {
	for ; s != nil; s = s.up {
		if b := s.names[name]; b != nil {
			return b
		}
	}
	return nil
}

// A frame is a callable being expanded.
type frame struct {
	decl *parser.FuncDecl // nil at file level
	file *file
	call diag.Span      // where it was called
	in   *symbolic.Call // what the nodes made here are part of, or nil
	up   *frame
	deep int
	path string // of the parameters made here: "h."
	// owner is the innermost layer or model around, for the parameters that
	// a func's body may name.
	uses  map[string]diag.Span // paths that a use of a layer took
	model *modelBuild          // what is being built, or nil
	rule  *ruleBuild
	owns  bool // may have params: a layer or model
	// around are the axes that the call varies along: those that its caller
	// stands in, and those that it is mapped over.
	around []*axis
}

// A ctx is where an expression stands.
type ctx struct {
	*frontend
	scope *scope
	frame *frame
	// name is what parameters of a layer used here go by: the first name of
	// the statement. Empty: the layer has no name here.
	name string
	iter string   // [0][2]: the iterations of the for loops around, in this frame
	pass *forLoop // the innermost loop around, in this frame

	facts  []fact     // what the choices around guarantee
	either [][][]fact // and of each of these one side
}

// carried is a name that a loop carries.
type carried struct {
	bind *binding
	next value
	done bool
	span diag.Span
}

// in returns the context of an inner scope.
func (c *ctx) in(s *scope) *ctx {
	d := *c
	d.scope = s
	return &d
}

func (c *ctx) named(name string) *ctx {
	d := *c
	d.name = name
	return &d
}

// assuming returns the context where a choice is taken that k is known of.
func (c *ctx) assuming(k known) *ctx {
	d := *c
	d.facts, d.either = slices.Concat(c.facts, k.facts), slices.Concat(c.either, k.either)
	for i := 0; i < len(d.either); i++ {
		left := slices.DeleteFunc(slices.Clone(d.either[i]), d.contradicts)
		if len(left) == 1 { // nothing else can be
			d.facts, d.either, i = append(d.facts, left[0]...), slices.Delete(d.either, i, i+1), -1
		}
	}
	return &d
}

// contradicts reports whether facts cannot hold here.
func (c *ctx) contradicts(facts []fact) bool {
	return slices.ContainsFunc(facts, func(f fact) bool { return c.prove(f.Neg().Sub(symbolic.Int(1)), c.facts) })
}

// bind gives a name its one value.
func (c *ctx) bind(id *parser.Ident, v value, what string) *binding {
	b := &binding{val: c.point(id.Name, v, id), span: id.Span(), what: what}
	if id.Name == "_" {
		return b
	}
	if !c.mayBind(id) {
		return b
	}
	c.scope.names[id.Name] = b
	return b
}

// mayBind reports an error where id would be bound twice or hide another name.
func (c *ctx) mayBind(id *parser.Ident) bool {
	if old := c.scope.local(id.Name); old != nil {
		d := c.errorf(id.Span(), "%s is already a name here", id.Name).Note(id.Name, "bound before", old.span)
		switch {
		case old.what == "state":
			d.Hintf("what a state becomes is written next %s = …", id.Name)
		case c.pass == nil:
			d.Hintf("a name is bound once; what changes is carried by a loop")
		case c.pass.carries[id.Name] != nil && c.pass.carries[id.Name].bind == old:
			d.Hintf("the loop carries it: write next %s = …", id.Name)
			c.pass.carries[id.Name].done = true // that is its next, written otherwise
		default:
			d.Hintf("what changes from pass to pass is carried: for … carry %s = … { next %s = … }", id.Name, id.Name)
		}
		return false
	}
	if reserved[id.Name] && !c.ofTraining(id.Name) || c.builtIn(id.Name) {
		c.errorf(id.Span(), "%s hides the built-in %s", id.Name, id.Name)
		return false
	}
	if e := c.frame.file.own(id.Name); e != nil && !e.callable() {
		c.errorf(id.Span(), "%s is already a %s of the file", id.Name, e.kind()).
			Note(id.Name, "declared", e.span)
		return false
	}
	return true
}

// builtIn reports whether a name is that of a function of the language here,
// and not of something that the file declares.
func (c *ctx) builtIn(name string) bool {
	return isBuiltin(name) && c.frame.file.own(name) == nil
}

// lookup finds what a name stands for; nil where it is unknown. The binding's
// value may be poison.
func (c *ctx) lookup(name string, at diag.Span) *binding {
	if b := c.scope.local(name); b != nil {
		return b
	}
	if v, ok := c.systemName(name, at); ok {
		return &binding{val: v, span: at, what: "built in"}
	}
	if b := c.scope.file.lookup(c.frontend, name, at); b != nil {
		return b
	}
	if isBuiltin(name) {
		return &binding{val: &builtin{name: name}, span: at, what: "built in"}
	}
	if words[name] {
		return &binding{val: mode(name), span: at, what: "built in"}
	}
	return nil
}

// known lists the names that can be used here, for suggestions.
func (c *ctx) known() []string {
	var out []string
	for s := c.scope; s != nil; s = s.up {
		for n := range s.names {
			out = append(out, n)
		}
	}
	if c.looked += len(out) + len(c.scope.file.order); c.looked > maxNames {
		return nil
	}
	out = append(out, c.scope.file.visible()...)
	out = append(out, builtinNames()...)
	slices.Sort(out)
	return slices.Compact(out)
}

// reserved names mean something everywhere.
var reserved = map[string]bool{
	"pi": true, "inf": true, "training": true, "batch": true, "example": true,
	"step": true, "gradnorm": true, "true": true, "false": true,
}

// ofTraining reports whether a name means something to update rules only and
// stands in a func, where it may be bound as any other.
func (c *ctx) ofTraining(name string) bool {
	return (name == "step" || name == "gradnorm") && c.frame.decl != nil && c.frame.decl.Kind == parser.Func && c.frame.rule == nil
}

// systemName gives the names that the language itself defines by place.
func (c *ctx) systemName(name string, at diag.Span) (value, bool) {
	m, r := c.frame.model, c.frame.rule
	switch name {
	case "pi":
		return number{f: pi, typ: symbolic.Real}, true
	case "inf":
		return number{f: inf, typ: symbolic.Real}, true
	case "true", "false":
		return truth(name == "true"), true
	case "training":
		if m != nil {
			m.readsTraining = true
			return truth(m.training), true
		}
		c.errorf(at, "training is a truth value of a model, and there is none here")
		return poison{}, true
	case "batch", "example":
		if m == nil {
			c.errorf(at, "%s means something in a model only", name)
			return poison{}, true
		}
		if name == "batch" {
			return whole(m.batch.size), true
		}
		return whole(symbolic.Sym(m.batch.sym())), true
	case "step", "gradnorm":
		if r == nil {
			c.errorf(at, "%s means something in an update rule and in a train line only", name)
			return poison{}, true
		}
		return r.system(c, name), true
	}
	return nil, false
}
