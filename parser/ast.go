// Package parser turns the text of a .bp file into a syntax tree and back:
// tokens, scanner, tree, parser and formatter. Names mean nothing here yet.
package parser

import "github.com/bpgen/bpgen/internal/diag"

// A Node is any part of the tree that stands at a place in the source.
type Node interface{ Span() diag.Span }

// at is embedded by every node to carry its place.
type at struct{ span diag.Span }

// Span returns the stretch of source that the node was read from.
func (a at) Span() diag.Span { return a.span }

// A File is a whole source file.
type File struct {
	at
	Name    string // as given to the parser
	Doc     Doc    // above the package clause
	Package *Ident
	Decls   []Decl
	Source  []byte
	// Comments holds every comment of the file in order; the formatter needs
	// those that are nobody's Doc.
	Comments []Comment
}

// A Comment is one // comment, without its newline.
type Comment struct {
	at
	Text string // with the leading slashes
}

// A Doc is the run of comments right above a declaration, a line each,
// without slashes and one leading blank.
type Doc []string

// An Ident is a name.
type Ident struct {
	at
	Name string
}

// ---- declarations

// A Decl is a declaration of a file. Consts, dims, funcs and layers are
// declared inside bodies too, where they are statements.
type Decl interface {
	Node
	decl()
}

type (
	// ImportDecl is import "nn" or import b "./blocks.bp".
	ImportDecl struct {
		at
		Alias *Ident // or nil
		Path  string
		// PathSpan is where the path itself stands.
		PathSpan diag.Span
	}

	// TypeDecl is type float32 or type float64.
	TypeDecl struct {
		at
		Name *Ident
	}

	// ConstDecl is one line of consts.
	ConstDecl struct {
		at
		Doc   Doc
		Specs []*ValueSpec
	}

	// DimDecl is one line of dims. A dim without a value is known at run
	// time; Bound is its stated upper bound.
	DimDecl struct {
		at
		Doc   Doc
		Specs []*ValueSpec
	}

	// ValueSpec is one name of a const or dim line.
	ValueSpec struct {
		at
		Name  *Ident
		Value Expr // or nil
		Bound Expr // dim T <= 64, or nil
	}

	// FuncDecl is a func, layer, rule or model. A body written = E is a block
	// with one ReturnStmt, and Short is set.
	FuncDecl struct {
		at
		Doc     Doc
		Kind    FuncKind
		Name    *Ident
		Static  []*StaticParam // [O, k = 3]
		Params  []*Param
		Results []*Type // nil when not stated
		Derive  []*Derive
		Body    *Block
		Short   bool
	}

	// InstanceDecl is layer enc = dense[64]: one set of parameters that
	// several calls share.
	InstanceDecl struct {
		at
		Doc   Doc
		Name  *Ident
		Value Expr
	}

	// ExternDecl is extern func F(x) = math.F grad E, E, or with the path of a
	// package in place of math: "example.com/robot/air".
	ExternDecl struct {
		at
		Doc    Doc
		Name   *Ident
		Params []*Param
		Path   string // of the package, or "" where Go says it
		Go     Expr   // math.Name, or the name in the package with the path
		Grad   []Expr
	}
)

// FuncKind tells the four kinds of FuncDecl apart.
type FuncKind uint8

const (
	Func FuncKind = iota
	Layer
	Rule
	Model
)

func (k FuncKind) String() string {
	return [...]string{"func", "layer", "rule", "model"}[k]
}

// StaticParam is a parameter in brackets, known when generating.
type StaticParam struct {
	at
	Name    *Ident
	Default Expr // or nil
}

// Param is one run-time parameter. x, y [3] gives two Params with one Type.
type Param struct {
	at
	Const   bool // const x: never differentiated
	Name    *Ident
	Type    *Type // nil: a real number
	Default Expr  // of a rule's hyperparameter, or nil
}

// Type is [dims]elem.
type Type struct {
	at
	Dims  []Expr
	Elem  Elem
	Bound Expr // of index[Bound]
}

// Elem is an element type as written.
type Elem uint8

const (
	Real Elem = iota
	Int
	Bool
	Index
)

func (e Elem) String() string { return [...]string{"real", "int", "bool", "index"}[e] }

// Derive is one request of a derive clause: grad(alpha, mu),
// jacobian[forward](t), jacobian by example, none.
type Derive struct {
	at
	What *Ident
	Mode *Ident   // forward or reverse, or nil
	Wrt  []*Ident // nil: all real parameters
	// ByExample says that each row of the results is differentiated by itself.
	ByExample bool
}

func (*ImportDecl) decl()   {}
func (*TypeDecl) decl()     {}
func (*ConstDecl) decl()    {}
func (*DimDecl) decl()      {}
func (*FuncDecl) decl()     {}
func (*InstanceDecl) decl() {}
func (*ExternDecl) decl()   {}

// ---- statements

// A Stmt is a statement of a body.
type Stmt interface {
	Node
	stmt()
}

// A Block is a body in braces.
type Block struct {
	at
	Stmts []Stmt
}

type (
	// LetStmt is a, b = E, F. One Value may give several names.
	LetStmt struct {
		at
		Names  []*Ident
		Values []Expr
	}

	// IndexStmt is Y[t, k < K] = E, or rec A[b] = E.
	IndexStmt struct {
		at
		Rec     bool
		Name    *Ident
		Binders []*Binder
		Value   Expr
	}

	// LoopStmt is scan, for or while, with the names that the emitted values
	// are bound to.
	LoopStmt struct {
		at
		Kind  LoopKind
		Outs  []*Ident
		Gens  []*Generator // of scan and for
		Cond  Expr         // of while
		Carry []*Carry
		Body  *Block

		Checkpoint bool // of scan: its reverse pass computes segments again
	}

	// OwnStmt declares param, state, given, sample or hyper names of a type.
	OwnStmt struct {
		at
		Doc   Doc
		Kind  OwnKind
		Names []*Ident
		Type  *Type // nil: a real number
		// Value is the initialiser or distribution after ~ (param, sample),
		// or the value after = (state, given, hyper); nil when absent.
		Value Expr
	}

	// RoleStmt gives a value a role in a model: output, loss, penalty, metric.
	RoleStmt struct {
		at
		Kind  RoleKind
		Name  *Ident // or nil
		Value Expr
	}

	// TrainStmt names the update rule.
	TrainStmt struct {
		at
		Rule Expr
	}

	// NextStmt gives carries or states their next values.
	NextStmt struct {
		at
		Names  []*Ident
		Values []Expr
	}

	// EmitStmt adds a row to the values that the loop stacks.
	EmitStmt struct {
		at
		Values []Expr
	}

	// ReturnStmt ends a callable.
	ReturnStmt struct {
		at
		Values []Expr
	}

	// ValueStmt is an expression standing alone: a block's value.
	ValueStmt struct {
		at
		Values []Expr
	}
)

// LoopKind tells scan, for and while apart.
type LoopKind uint8

const (
	Scan LoopKind = iota
	For
	While
)

func (k LoopKind) String() string { return [...]string{"scan", "for", "while"}[k] }

// OwnKind tells apart the declarations of what a callable owns.
type OwnKind uint8

const (
	ParamOwn OwnKind = iota
	StateOwn
	GivenOwn
	SampleOwn
	HyperOwn
)

func (k OwnKind) String() string {
	return [...]string{"param", "state", "given", "sample", "hyper"}[k]
}

// RoleKind tells apart the roles of values in a model.
type RoleKind uint8

const (
	Output RoleKind = iota
	Loss
	Penalty
	Metric
)

func (k RoleKind) String() string { return [...]string{"output", "loss", "penalty", "metric"}[k] }

// Generator is x in xs, or i < n (or i <= n).
type Generator struct {
	at
	Name *Ident
	Over Expr   // x in Over
	Op   string // "<" or "<=" when counting
	To   Expr
}

// Carry is h [H] = 0.
type Carry struct {
	at
	Name *Ident
	Type *Type // or nil
	Init Expr
}

// Binder is an index with its bounds: k, k < K, lo <= k < hi. Sample-wise
// reductions use the name batch.
type Binder struct {
	at
	Name *Ident
	Lo   Expr // or nil
	LoOp string
	Hi   Expr // or nil
	HiOp string
}

func (*ConstDecl) stmt()    {}
func (*DimDecl) stmt()      {}
func (*FuncDecl) stmt()     {}
func (*InstanceDecl) stmt() {}
func (*LetStmt) stmt()      {}
func (*IndexStmt) stmt()    {}
func (*LoopStmt) stmt()     {}
func (*OwnStmt) stmt()      {}
func (*RoleStmt) stmt()     {}
func (*TrainStmt) stmt()    {}
func (*NextStmt) stmt()     {}
func (*EmitStmt) stmt()     {}
func (*ReturnStmt) stmt()   {}
func (*ValueStmt) stmt()    {}

// ---- expressions

// An Expr is an expression.
type Expr interface {
	Node
	expr()
}

type (
	// Name is a use of a name. Reductions used as functions (sum(x)) and
	// true and false are Names too.
	Name struct {
		at
		Name string
	}

	// Number is a literal. Int is set where it was written as a whole number.
	Number struct {
		at
		Text  string
		Value float64
		Int   bool
	}

	// Unary is -x or !x.
	Unary struct {
		at
		Op string
		X  Expr
	}

	// Binary is x op y. OpSpan is where the operator stands.
	Binary struct {
		at
		Op     string
		OpSpan diag.Span
		X, Y   Expr
	}

	// Transpose is x'.
	Transpose struct {
		at
		X Expr
	}

	// Call is f(x, name = y).
	Call struct {
		at
		Fun  Expr
		Args []*Arg
	}

	// Subscript is x[i, lo:hi] or, on a callable, its static arguments.
	Subscript struct {
		at
		X    Expr
		Args []*Arg
	}

	// Arg is an argument or subscript. Exactly one form is used: Value, with
	// Name when it is named; or a slice, where Lo and Hi may be nil.
	Arg struct {
		at
		Name   *Ident
		Value  Expr
		Slice  bool
		Lo, Hi Expr
	}

	// Member is x.Name: a parameter of a layer's result.
	Member struct {
		at
		X    Expr
		Name *Ident
	}

	// Reduction is sum[k < K] E or softmax[s](E). Paren is set where the body
	// was written in parentheses.
	Reduction struct {
		at
		Op      string
		OpSpan  diag.Span
		Binders []*Binder
		Body    Expr
		Paren   bool
	}

	// List is [a, b].
	List struct {
		at
		Elems []Expr
	}

	// If is if c { a } else { b }; Else is a Block, whose only statement is
	// another If where it was written else if.
	If struct {
		at
		Cond Expr
		Then *Block
		Else *Block
		// ElseIf is set where Else was written as else if.
		ElseIf bool
	}

	// BlockExpr is a block standing as a value.
	BlockExpr struct {
		at
		Block *Block
	}

	// Paren is (x), kept for the formatter.
	Paren struct {
		at
		X Expr
	}

	// Bad stands where an expression could not be read; the error has been
	// reported.
	Bad struct{ at }
)

func (*Name) expr()      {}
func (*Number) expr()    {}
func (*Unary) expr()     {}
func (*Binary) expr()    {}
func (*Transpose) expr() {}
func (*Call) expr()      {}
func (*Subscript) expr() {}
func (*Member) expr()    {}
func (*Reduction) expr() {}
func (*List) expr()      {}
func (*If) expr()        {}
func (*BlockExpr) expr() {}
func (*Paren) expr()     {}
func (*Bad) expr()       {}
