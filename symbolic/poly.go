package symbolic

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// A Poly is a polynomial with rational coefficients over named symbols, in
// normal form, so that equal polynomials are equal strings. It is the one
// algebra of bpgen for sizes and for indices: the symbols are run-time dims
// ("vocab", "batch") and powers of 2 by them ("2^n"), and inside an access also the axes of the result ("#0",
// "#1") and the values of index operands ("$0"). The zero Poly is 0. Polys are
// immutable.
type Poly struct {
	terms []term // sorted by monomial; no zero coefficients
}

type term struct {
	num, den int64 // lowest terms, den > 0
	mono     []power
}

type power struct {
	sym string
	exp int
}

// Int returns the constant polynomial n.
func Int(n int) Poly { return Int64(int64(n)) }

// Int64 returns the polynomial that is the constant n.
func Int64(n int64) Poly {
	if n == 0 {
		return Poly{}
	}
	return Poly{[]term{{num: n, den: 1}}}
}

// fits reports whether n is an int, which is not sure where that has 32 bits.
func fits(n int64) bool { return int64(int(n)) == n }

// whole gives n as an int. One that is none overflows.
func whole(n int64) int {
	if !fits(n) {
		panic(overflow{})
	}
	return int(n)
}

// Sym returns the polynomial that is the symbol s.
func Sym(s string) Poly {
	return Poly{[]term{{num: 1, den: 1, mono: []power{{s, 1}}}}}
}

// Axis returns the symbol of axis i of an access's result.
func Axis(i int) Poly { return Sym("#" + strconv.Itoa(i)) }

// Operand returns the symbol of index operand i of an access.
func Operand(i int) Poly { return Sym("$" + strconv.Itoa(i)) }

// axisOf returns the axis number of an axis symbol.
func axisOf(s string) (int, bool) {
	if !strings.HasPrefix(s, "#") {
		return 0, false
	}
	n, err := strconv.Atoi(s[1:])
	return n, err == nil
}

// OperandOf returns the operand number of an operand symbol.
func OperandOf(s string) (int, bool) {
	if !strings.HasPrefix(s, "$") {
		return 0, false
	}
	n, err := strconv.Atoi(s[1:])
	return n, err == nil
}

// AxisOf returns the axis number of an axis symbol.
func AxisOf(s string) (int, bool) { return axisOf(s) }

func compareMono(a, b []power) int {
	// Higher degree first, then by name: 2*D*T + D + 1.
	da, db := degree(a), degree(b)
	if da != db {
		return cmp.Compare(db, da)
	}
	return slices.CompareFunc(a, b, func(x, y power) int {
		if c := cmp.Compare(x.sym, y.sym); c != 0 {
			return c
		}
		return cmp.Compare(y.exp, x.exp)
	})
}

func degree(m []power) int {
	d := 0
	for _, p := range m {
		d += p.exp
	}
	return d
}

// ErrOverflow is what arithmetic on sizes panics with inside this package;
// Guard turns it into an error. Sizes that overflow come from the model, so
// the frontend must report them.
var ErrOverflow = fmt.Errorf("size overflows %d bits", strconv.IntSize-1)

type overflow struct{}

func rat(num, den *big.Int) (int64, int64) {
	r := new(big.Rat).SetFrac(num, den)
	if !r.Num().IsInt64() || !r.Denom().IsInt64() {
		panic(overflow{})
	}
	return r.Num().Int64(), r.Denom().Int64()
}

func small(xs ...int64) bool {
	for _, x := range xs {
		if x > math.MaxInt32 || x < math.MinInt32 {
			return false
		}
	}
	return true
}

func addRat(an, ad, bn, bd int64) (int64, int64) {
	if ad == 1 && bd == 1 && small(an, bn) {
		return an + bn, 1
	}
	a, b := big.NewRat(an, ad), big.NewRat(bn, bd)
	a.Add(a, b)
	return rat(a.Num(), a.Denom())
}

func mulRat(an, ad, bn, bd int64) (int64, int64) {
	if ad == 1 && bd == 1 && small(an, bn) {
		return an * bn, 1
	}
	a, b := big.NewRat(an, ad), big.NewRat(bn, bd)
	a.Mul(a, b)
	return rat(a.Num(), a.Denom())
}

func normal(ts []term) Poly {
	slices.SortStableFunc(ts, func(a, b term) int { return compareMono(a.mono, b.mono) })
	out := ts[:0]
	for _, t := range ts {
		if n := len(out); n > 0 && compareMono(out[n-1].mono, t.mono) == 0 {
			out[n-1].num, out[n-1].den = addRat(out[n-1].num, out[n-1].den, t.num, t.den)
			continue
		}
		out = append(out, t)
	}
	out = slices.DeleteFunc(out, func(t term) bool { return t.num == 0 })
	return Poly{out}
}

// Add returns p + q.
func (p Poly) Add(q Poly) Poly {
	return normal(append(slices.Clone(p.terms), q.terms...))
}

// Neg returns −p.
func (p Poly) Neg() Poly { return p.Scale(-1, 1) }

// Sub returns p − q.
func (p Poly) Sub(q Poly) Poly { return p.Add(q.Neg()) }

// Scale returns p·num/den.
func (p Poly) Scale(num, den int64) Poly {
	if den == 0 {
		panic("symbolic: division of a size by zero")
	}
	return p.Mul(normalConst(num, den))
}

func normalConst(num, den int64) Poly {
	if num == 0 {
		return Poly{}
	}
	n, d := rat(big.NewInt(num), big.NewInt(den))
	return Poly{[]term{{num: n, den: d}}}
}

// Mul returns p·q.
func (p Poly) Mul(q Poly) Poly {
	var ts []term
	for _, a := range p.terms {
		for _, b := range q.terms {
			n, d := mulRat(a.num, a.den, b.num, b.den)
			ts = append(ts, term{n, d, mulMono(a.mono, b.mono)})
		}
	}
	return normal(ts)
}

func mulMono(a, b []power) []power {
	out := slices.Clone(a)
	for _, p := range b {
		i := slices.IndexFunc(out, func(q power) bool { return q.sym == p.sym })
		if i >= 0 {
			out[i].exp += p.exp
		} else {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(x, y power) int { return cmp.Compare(x.sym, y.sym) })
	return out
}

// Div returns p/q where the quotient is a polynomial again.
func (p Poly) Div(q Poly) (Poly, bool) {
	switch len(q.terms) {
	case 0:
		return Poly{}, false
	case 1:
		d := q.terms[0]
		var ts []term
		for _, t := range p.terms {
			m, ok := divMono(t.mono, d.mono)
			if !ok {
				return Poly{}, false
			}
			num, den := d.den, d.num
			if den < 0 {
				num, den = -num, -den
			}
			n, dd := mulRat(t.num, t.den, num, den)
			ts = append(ts, term{n, dd, m})
		}
		return normal(ts), true
	}
	// Long division by the leading term; exact or nothing.
	rem, quo := p, Poly{}
	lead := Poly{q.terms[:1]}
	for range 64 {
		if len(rem.terms) == 0 {
			return quo, true
		}
		t, ok := Poly{rem.terms[:1]}.Div(lead)
		if !ok {
			return Poly{}, false
		}
		quo = quo.Add(t)
		rem = rem.Sub(t.Mul(q))
	}
	return Poly{}, false
}

func divMono(a, b []power) ([]power, bool) {
	out := slices.Clone(a)
	for _, p := range b {
		i := slices.IndexFunc(out, func(q power) bool { return q.sym == p.sym })
		if i < 0 || out[i].exp < p.exp {
			return nil, false
		}
		out[i].exp -= p.exp
	}
	return slices.DeleteFunc(out, func(p power) bool { return p.exp == 0 }), true
}

// Const returns the value of p if it has no symbols and is a whole number.
func (p Poly) Const() (int, bool) {
	switch {
	case len(p.terms) == 0:
		return 0, true
	case len(p.terms) == 1 && len(p.terms[0].mono) == 0 && p.terms[0].den == 1:
		return whole(p.terms[0].num), true
	}
	return 0, false
}

// Is reports whether p is the constant n.
func (p Poly) Is(n int) bool {
	c, ok := p.Const()
	return ok && c == n
}

// Equal reports whether p and q are the same polynomial.
func (p Poly) Equal(q Poly) bool {
	return slices.EqualFunc(p.terms, q.terms, func(a, b term) bool {
		return a.num == b.num && a.den == b.den && slices.Equal(a.mono, b.mono)
	})
}

// Syms returns the symbols of p in order of name.
func (p Poly) Syms() []string {
	var out []string
	for _, t := range p.terms {
		for _, f := range t.mono {
			out = append(out, f.sym)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// AsSym returns the symbol that p is.
func (p Poly) AsSym() (string, bool) {
	if len(p.terms) == 1 {
		t := p.terms[0]
		if t.num == 1 && t.den == 1 && len(t.mono) == 1 && t.mono[0].exp == 1 {
			return t.mono[0].sym, true
		}
	}
	return "", false
}

// Linear splits p into c·sym + rest, where rest does not mention sym. It fails
// where sym occurs in another way than times a whole number.
func (p Poly) Linear(sym string) (c int, rest Poly, ok bool) {
	var ts []term
	for _, t := range p.terms {
		i := slices.IndexFunc(t.mono, func(f power) bool { return f.sym == sym })
		switch {
		case i < 0:
			ts = append(ts, t)
		case len(t.mono) == 1 && t.mono[0].exp == 1 && t.den == 1:
			c = whole(t.num)
		default:
			return 0, Poly{}, false
		}
	}
	return c, normal(ts), true
}

// Subst returns p with each symbol that sub knows replaced.
func (p Poly) Subst(sub func(string) (Poly, bool)) Poly {
	out := Poly{}
	for _, t := range p.terms {
		q := Poly{[]term{{num: t.num, den: t.den}}}
		for _, f := range t.mono {
			r, ok := sub(f.sym)
			if e, power := ExponentOf(f.sym); power && !ok {
				if r, ok = sub(e); ok {
					r, ok = Exp2(r)
				}
			}
			if !ok {
				r = Sym(f.sym)
			}
			for range f.exp {
				q = q.Mul(r)
			}
		}
		out = out.Add(q)
	}
	return out
}

// Exp2 returns 2^p. It is a product of powers 2^s, one for each symbol of p,
// which are symbols themselves; so p must be linear in its symbols, with whole
// coefficients that are not negative, and have a whole constant.
func Exp2(p Poly) (Poly, bool) {
	out := Int(1)
	for _, t := range p.terms {
		switch {
		case t.den != 1 || len(t.mono) > 1 || len(t.mono) == 1 && (t.mono[0].exp > 1 || t.num < 0) || t.num > 62 || t.num < -62:
			return Poly{}, false
		case len(t.mono) == 1:
			s := Sym("2^" + t.mono[0].sym)
			for range t.num {
				out = out.Mul(s)
			}
		case t.num < 0:
			out = out.Scale(1, 1<<-t.num)
		default:
			out = out.Scale(1<<t.num, 1)
		}
	}
	return out, true
}

// Log2 returns q where p is 2^q.
func (p Poly) Log2() (q Poly, ok bool) {
	if len(p.terms) != 1 {
		return Poly{}, false
	}
	t := p.terms[0]
	if t.num <= 0 || t.num&(t.num-1) != 0 || t.den&(t.den-1) != 0 {
		return Poly{}, false
	}
	q = Int(bits.TrailingZeros64(uint64(t.num)) - bits.TrailingZeros64(uint64(t.den)))
	for _, f := range t.mono {
		e, ok := ExponentOf(f.sym)
		if !ok {
			return Poly{}, false
		}
		q = q.Add(Sym(e).Scale(int64(f.exp), 1))
	}
	return q, true
}

// ExponentOf returns s of a symbol 2^s.
func ExponentOf(sym string) (string, bool) { return strings.CutPrefix(sym, "2^") }

// valueOf is the value of a symbol.
func valueOf(sym string, env func(string) (int, bool)) (int, bool) {
	if n, ok := env(sym); ok {
		return n, true
	}
	if s, ok := ExponentOf(sym); ok {
		if n, ok := env(s); ok && 0 <= n && n < 62 {
			return 1 << n, true
		}
	}
	return 0, false
}

// Eval returns the value of p, which must be whole, with symbols from env.
func (p Poly) Eval(env func(string) (int, bool)) (int, error) {
	if n, ok := p.evalSmall(env); ok {
		return n, nil
	}
	sum := new(big.Rat)
	for _, t := range p.terms {
		v := big.NewRat(t.num, t.den)
		for _, f := range t.mono {
			x, ok := valueOf(f.sym, env)
			if !ok {
				return 0, fmt.Errorf("size %s is not known", f.sym)
			}
			for range f.exp {
				v.Mul(v, new(big.Rat).SetInt64(int64(x)))
			}
		}
		sum.Add(sum, v)
	}
	if !sum.IsInt() || !sum.Num().IsInt64() || !fits(sum.Num().Int64()) {
		return 0, fmt.Errorf("%s = %s is not a whole number", p, sum.RatString())
	}
	return int(sum.Num().Int64()), nil
}

// evalSmall is Eval where neither fractions nor large numbers come up, which is
// nearly always.
func (p Poly) evalSmall(env func(string) (int, bool)) (int, bool) {
	var sum int64
	for _, t := range p.terms {
		v := t.num
		for _, f := range t.mono {
			x, ok := valueOf(f.sym, env)
			if !ok {
				return 0, false
			}
			for range f.exp {
				if !small(v, int64(x)) {
					return 0, false
				}
				v *= int64(x)
			}
		}
		if t.den != 1 || v > math.MaxInt64/4 || v < math.MinInt64/4 || sum > math.MaxInt64/4 || sum < math.MinInt64/4 {
			return 0, false
		}
		sum += v
	}
	return int(sum), fits(sum)
}

// Len is the number of terms of p.
func (p Poly) Len() int { return len(p.terms) }

// Degree is the highest degree of a term of p.
func (p Poly) Degree() int {
	if len(p.terms) == 0 {
		return 0
	}
	return degree(p.terms[0].mono) // highest first
}

// Terms calls f for each term of p in order: its coefficient and its factors,
// each symbol as often as its power.
func (p Poly) Terms(f func(num, den int64, syms []string)) {
	for _, t := range p.terms {
		var syms []string
		for _, x := range t.mono {
			for range x.exp {
				syms = append(syms, x.sym)
			}
		}
		f(t.num, t.den, syms)
	}
}

// String returns p as the language writes it: 4*H, D*(D - 1)/2 as
// D^2/2 - D/2. Equal polynomials give equal strings.
func (p Poly) String() string {
	if len(p.terms) == 0 {
		return "0"
	}
	var b strings.Builder
	for i, t := range p.terms {
		num := t.num
		switch {
		case i > 0 && num < 0:
			b.WriteString(" - ")
			num = -num
		case i > 0:
			b.WriteString(" + ")
		case num < 0 && len(t.mono) > 0:
			b.WriteString("-")
			num = -num
		}
		if len(t.mono) == 0 || num != 1 {
			b.WriteString(strconv.FormatInt(num, 10))
			if len(t.mono) > 0 {
				b.WriteString("*")
			}
		}
		for j, f := range t.mono {
			if j > 0 {
				b.WriteString("*")
			}
			b.WriteString(f.sym)
			if f.exp > 1 {
				b.WriteString("^" + strconv.Itoa(f.exp))
			}
		}
		if t.den != 1 {
			b.WriteString("/" + strconv.FormatInt(t.den, 10))
		}
	}
	return b.String()
}

// A Shape is the list of a value's dims, outermost first.
type Shape []Poly

// Shp returns the shape with the given constant dims.
func Shp(dims ...int) Shape {
	s := make(Shape, len(dims))
	for i, d := range dims {
		s[i] = Int(d)
	}
	return s
}

// Equal reports whether s and t are the same shape.
func (s Shape) Equal(t Shape) bool { return slices.EqualFunc(s, t, Poly.Equal) }

// Size returns the number of elements.
func (s Shape) Size() Poly {
	n := Int(1)
	for _, d := range s {
		n = n.Mul(d)
	}
	return n
}

// Strides returns the distance between neighbours along each axis in
// row-major order.
func (s Shape) Strides() []Poly {
	out := make([]Poly, len(s))
	n := Int(1)
	for i := len(s) - 1; i >= 0; i-- {
		out[i] = n
		n = n.Mul(s[i])
	}
	return out
}

func (s Shape) String() string {
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = d.String()
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// Eval returns the dims as numbers.
func (s Shape) Eval(env func(string) (int, bool)) ([]int, error) {
	out := make([]int, len(s))
	for i, d := range s {
		n, err := d.Eval(env)
		if err != nil {
			return nil, err
		}
		if n < 0 {
			return nil, fmt.Errorf("dim %s is negative: %d", d, n)
		}
		out[i] = n
	}
	return out, nil
}
