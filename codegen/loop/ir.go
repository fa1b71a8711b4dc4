// Package loop turns a procedure's graph into a loop program: loops over
// buffers, fused and with a memory plan, which is what generated code prints.
//
// What comes in is a graph after rewriting and a list of results. What goes
// out is a Program that computes them and a Plan that says where each
// temporary lives. Always: every name in an index is a dim or a variable of an
// enclosing loop or an earlier Let; nothing is read before it is written;
// Program and Plan do not depend on anything but the graph.
package loop

import "github.com/bpgen/bpgen/symbolic"

// A Program computes the results of one procedure.
type Program struct {
	Name    string
	Buffers []*Buffer // inputs, results, temporaries, in that order
	Dims    []string  // run-time dims that sizes mention, sorted
	Body    []Stmt
	Bands   []string // for the dump: how it goes through batches, and why
	Why     []string // for the dump: what has storage, and why

	ends map[string]symbolic.Poly // what variables that windows begin and end with are where those are all of an axis
}

// BufferKind says where the memory of a buffer comes from.
type BufferKind uint8

const (
	In   BufferKind = iota // the caller's, read only
	Out                    // the caller's, written
	Temp                   // the arena's
)

func (k BufferKind) String() string { return [...]string{"in", "out", "temp"}[k] }

// A Buffer is a block of memory in row-major order.
type Buffer struct {
	Name  string // an identifier, unique in the program
	Kind  BufferKind
	Shape symbolic.Shape
	Type  symbolic.Type
	Node  *symbolic.Node // the value it holds
	Kept  bool           // computed on the way forward, and read on the way back
}

// A Var is an integer or real variable of the program: a loop's counter, an
// accumulator, a value read once. Its name is an identifier, other than those
// of buffers, of dims and of the variables in scope where it is declared;
// indices mention integer variables by that name.
type Var struct {
	Name string
	Type symbolic.Type
	Wide bool // a long sum: kept in float64 where real numbers are float32
}

// ---- statements

// A Stmt is a step of a program.
type Stmt interface{ stmt() }

type (
	// Loop runs Body for Var from 0 up to Extent.
	Loop struct {
		Var    *Var
		Extent symbolic.Poly
		Body   []Stmt
	}

	// Tile cuts the range from 0 up to Extent into stretches of Size, of which
	// the last may be shorter, and runs Body for each: From is where it begins,
	// Rows how long it is.
	Tile struct {
		From, Rows *Var
		Extent     symbolic.Poly
		Size       int
		Body       []Stmt
	}

	// Contract sums products, or what else Of says: for all rows m < M and columns n < N,
	//
	//	Sum = Σ A(m, k)·B(k, n) over k < K, and what Out(m, n) holds if Accumulate
	//
	// is stored in Out(m, n). Then Epilogue runs for each element, with m in Row,
	// n in Col and the stored number in Sum; it may store to Out(m, n) anew, in
	// which case nobody reads the sums themselves. Where it reads Out(m, n), it
	// finds what was there before, and no sum is stored. Neither A nor B shares
	// memory with Out. Terms that one of the bounds in Within excludes may be left out.
	Contract struct {
		Of         Terms
		Out, A, B  Access
		M, N, K    symbolic.Poly
		Within     []Bound
		Accumulate bool
		Row, Col   *Var
		Sum        *Var
		Epilogue   []Stmt // Let, Acc, Update, Choose, If and Store
	}

	// Let binds Var to Value.
	Let struct {
		Var   *Var
		Value Expr
	}

	// Acc declares an accumulator that starts as Init and is changed by Updates.
	Acc struct {
		Var  *Var
		Init float64
	}

	// Update sets an accumulator to Op(accumulator, Value), or where Op is nil
	// to Value.
	Update struct {
		Var   *Var
		Op    *symbolic.OpSpec
		Value Expr
	}

	// Pick keeps in Best and At the first greatest (or least) Value and its
	// position: where Value beats Best by Op (max or min).
	Pick struct {
		Best, At *Var
		Op       *symbolic.OpSpec
		Value    Expr
		Position symbolic.Poly
	}

	// Store sets the element of Buf at the flat Index to Value, or where Op is
	// not nil to Op(element, Value).
	Store struct {
		Buf   *Buffer
		Index symbolic.Poly
		Op    *symbolic.OpSpec
		Value Expr
	}

	// Fill sets all elements of Buf in [From, From+Len) to Value.
	Fill struct {
		Buf       *Buffer
		From, Len symbolic.Poly
		Value     float64
	}

	// If runs Then where all conditions hold.
	If struct {
		Conds []symbolic.Cond // over dims and variables
		Then  []Stmt
		Else  []Stmt
	}

	// Choose runs Then or Else as Cond says; it is how a value whose branches
	// must not both be computed is assigned.
	Choose struct {
		Cond Expr
		Then []Stmt
		Else []Stmt
	}

	// Note says which value the following statements compute.
	Note struct {
		Node *symbolic.Node // the value
		Of   *Buffer        // where it goes; nil for a variable
		Text string         // the equation, in mathematics
	}
)

func (*Loop) stmt()     {}
func (*Tile) stmt()     {}
func (*Contract) stmt() {}
func (*Let) stmt()      {}
func (*Acc) stmt()      {}
func (*Update) stmt()   {}
func (*Pick) stmt()     {}
func (*Store) stmt()    {}
func (*Fill) stmt()     {}
func (*If) stmt()       {}
func (*Choose) stmt()   {}
func (*Note) stmt()     {}

// An Access is how a contraction goes through a buffer: the element for m, n
// and k is at Base + m·M + n·N + k·K. The step of an axis that the access does
// not have is 0.
type Access struct {
	Buf           *Buffer
	Base, M, N, K symbolic.Poly
}

// Terms are what a contraction adds up, of an element of A and one of B.
type Terms uint8

const (
	Products Terms = iota // a·b
	Squares               // (a − b)²
)

// Term is one of them, as an expression.
func (t Terms) Term(a, b Expr) Expr {
	if t == Squares {
		return &Apply{Op: symbolic.OpSquare, Args: []Expr{&Apply{Op: symbolic.OpSub, Args: []Expr{a, b}}}}
	}
	return &Apply{Op: symbolic.OpMul, Args: []Expr{a, b}}
}

// At returns the index of the element for m, n and k.
func (a Access) At(m, n, k symbolic.Poly) symbolic.Poly {
	return a.Base.Add(m.Mul(a.M)).Add(n.Mul(a.N)).Add(k.Mul(a.K))
}

// Stored reports whether the epilogue stores to Out, so that the sums do not
// have to be.
func (c *Contract) Stored() bool {
	at := c.Out.At(symbolic.Sym(c.Row.Name), symbolic.Sym(c.Col.Name), symbolic.Poly{})
	for _, s := range c.Epilogue {
		if st, ok := s.(*Store); ok && st.Buf == c.Out.Buf && st.Op == nil && st.Index.Equal(at) {
			return true
		}
	}
	return false
}

// Reads reports whether the epilogue reads what was in Out before.
func (c *Contract) Reads() (found bool) {
	Walk(c.Epilogue, func(s Stmt) {
		for _, x := range exprsOf(s) {
			eachLoad(x, func(b *Buffer, _ symbolic.Poly) { found = found || b == c.Out.Buf })
		}
	})
	return found
}

// ---- expressions

// An Expr is a scalar expression. Expressions have no effects.
type Expr interface{ expr() }

type (
	// Const is a number of a type.
	Const struct {
		Value float64
		Type  symbolic.Type
	}

	// Ref reads a variable.
	Ref struct{ Var *Var }

	// Load reads the element of Buf at the flat Index.
	Load struct {
		Buf   *Buffer
		Index symbolic.Poly
	}

	// Int is a size or index as a value.
	Int struct{ Poly symbolic.Poly }

	// Apply is an elementwise operator on scalars.
	Apply struct {
		Op   *symbolic.OpSpec
		Args []Expr
	}

	// Guarded is X where all conditions hold, else 0; X is not looked at where
	// they do not.
	Guarded struct {
		Conds []symbolic.Cond
		X     Expr
	}
)

func (*Const) expr()   {}
func (*Ref) expr()     {}
func (*Load) expr()    {}
func (*Int) expr()     {}
func (*Apply) expr()   {}
func (*Guarded) expr() {}

// A Plan says where temporaries live: the reals in one arena, the whole
// numbers (and truth values) in another.
type Plan struct {
	Offset map[*Buffer]symbolic.Poly // in elements, of each Temp
	Reals  symbolic.Poly             // sizes of the arenas
	Ints   symbolic.Poly

	Bands []string // how the program goes through batches, and why
	Cost  Cost

	order []*Buffer // as they lie
}
