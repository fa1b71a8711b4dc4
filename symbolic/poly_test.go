package symbolic

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

func randomPoly(r *rand.Rand, degree int) Poly {
	p := Poly{}
	for range r.IntN(4) {
		t := Int(r.IntN(9) - 4)
		for range r.IntN(degree + 1) {
			t = t.Mul(Sym(string(rune('a' + r.IntN(3)))))
		}
		p = p.Add(t)
	}
	return p
}

// TestPolyLaws checks the laws of a ring on random polynomials, and that
// equal ones are equal strings.
func TestPolyLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	same := func(what string, p, q Poly) {
		t.Helper()
		if !p.Equal(q) || p.String() != q.String() {
			t.Fatalf("%s: %s and %s", what, p, q)
		}
	}
	for range 2000 {
		p, q, s := randomPoly(r, 2), randomPoly(r, 2), randomPoly(r, 2)
		same("a+b = b+a", p.Add(q), q.Add(p))
		same("ab = ba", p.Mul(q), q.Mul(p))
		same("a(b+c) = ab+ac", p.Mul(q.Add(s)), p.Mul(q).Add(p.Mul(s)))
		same("a-a = 0", p.Sub(p), Int(0))
		same("a*2/2 = a", p.Scale(2, 1).Scale(1, 2), p)
		if d, ok := p.Mul(q).Div(q); len(q.Syms()) > 0 || !q.Is(0) {
			if !ok {
				t.Fatalf("(%s)/(%s) is not found", p.Mul(q), q)
			}
			same("ab/b = a", d, p)
		}
		env := func(s string) (int, bool) { return map[string]int{"a": 2, "b": -3, "c": 5}[s], true }
		a, errA := p.Eval(env)
		b, errB := q.Eval(env)
		ab, errAB := p.Mul(q).Eval(env)
		if errA != nil || errB != nil || errAB != nil || a*b != ab {
			t.Fatalf("(%s)(%s): %d·%d is %d", p, q, a, b, ab)
		}
		shift := p.Subst(func(s string) (Poly, bool) { return q, s == "a" })
		v, err := shift.Eval(env)
		w, _ := p.Eval(func(s string) (int, bool) {
			if s == "a" {
				return b, true
			}
			return env(s)
		})
		if err != nil || v != w {
			t.Fatalf("%s at a = %s: %d, want %d", p, q, v, w)
		}
	}
}

func TestPolyString(t *testing.T) {
	d, n := Sym("D"), Sym("T")
	for _, c := range []struct {
		p    Poly
		want string
	}{
		{Int(0), "0"},
		{Int(-3), "-3"},
		{d.Scale(4, 1), "4*D"},
		{d.Mul(d.Sub(Int(1))).Scale(1, 2), "D^2/2 - D/2"},
		{n.Mul(d).Sub(Int(1)), "D*T - 1"},
		{d.Neg().Add(n), "-D + T"},
	} {
		if got := c.p.String(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestPolyDiv(t *testing.T) {
	d, n := Sym("D"), Sym("T")
	if _, ok := d.Div(n); ok {
		t.Error("D/T is no polynomial")
	}
	if _, ok := d.Add(Int(1)).Div(d); ok {
		t.Error("(D + 1)/D is no polynomial")
	}
	if _, ok := d.Div(Int(0)); ok {
		t.Error("D/0 is no polynomial")
	}
	q, ok := d.Mul(d).Sub(Int(1)).Div(d.Add(Int(1)))
	if !ok || q.String() != "D - 1" {
		t.Errorf("(D^2 - 1)/(D + 1) is %s", q)
	}
}

func TestPolyOverflow(t *testing.T) {
	huge := Int64(math.MaxInt64)
	for name, f := range map[string]func(){
		"add":   func() { huge.Add(huge) },
		"mul":   func() { huge.Mul(huge) },
		"subst": func() { Sym("a").Mul(Sym("a")).Subst(func(string) (Poly, bool) { return huge, true }) },
	} {
		if err := Guard(f); !errors.Is(err, ErrOverflow) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := huge.Eval(nil); err != nil {
		t.Error(err)
	}
	if _, err := Sym("a").Mul(Sym("a")).Eval(func(string) (int, bool) { return math.MaxInt, true }); err == nil {
		t.Error("a value that does not fit is no error")
	}
}

func TestPolyLinear(t *testing.T) {
	c, rest, ok := Axis(0).Scale(2, 1).Add(Sym("n")).Linear("#0")
	if !ok || c != 2 || rest.String() != "n" {
		t.Errorf("%d %s %v", c, rest, ok)
	}
	if _, _, ok := Axis(0).Mul(Sym("n")).Linear("#0"); ok {
		t.Error("n*#0 has no whole coefficient")
	}
}
