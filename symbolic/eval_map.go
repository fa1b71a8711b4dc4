package symbolic

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
)

// A number is a Poly over axes and operands whose dims have got their values:
// Σ coef·Π vars, over one denominator.
type number struct {
	den   int64
	terms []product
}

type product struct {
	coef int64
	vars []int // axes, and behind them operands
}

var errIndexOverflow = errors.New("index arithmetic overflows")

func times(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(max(a, -a)), uint64(max(b, -b)))
	if hi != 0 || lo > math.MaxInt64/2 {
		return 0, false
	}
	return a * b, true
}

// number compiles p for maps whose elements have the given rank.
func (env *Env) number(p Poly, rank int) (number, error) {
	n := number{den: 1}
	var err error
	p.Terms(func(_, den int64, _ []string) {
		n.den = lcm(n.den, den)
	})
	p.Terms(func(num, den int64, syms []string) {
		t := product{coef: num * (n.den / den)}
		for _, s := range syms {
			if a, ok := axisOf(s); ok {
				t.vars = append(t.vars, a)
			} else if k, ok := OperandOf(s); ok {
				t.vars = append(t.vars, rank+k)
			} else if d, ok := valueOf(s, env.dim); !ok {
				err = fmt.Errorf("size %s is not known", s)
			} else if t.coef, ok = times(t.coef, int64(d)); !ok {
				err = errIndexOverflow
			}
		}
		n.terms = append(n.terms, t)
	})
	return n, err
}

func lcm(a, b int64) int64 {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}

// at returns den times the number for the given axes and operands.
func (n *number) at(vars []int64) (int64, error) {
	var sum int64
	for _, t := range n.terms {
		v, ok := t.coef, true
		for _, k := range t.vars {
			if v, ok = times(v, vars[k]); !ok {
				return 0, errIndexOverflow
			}
		}
		sum += v
		if sum > math.MaxInt64/2 || sum < -math.MaxInt64/2 {
			return 0, errIndexOverflow
		}
	}
	return sum, nil
}

// A mapper finds for each element of the result of an access (or the argument
// of a scatter) the element of the other side.
type mapper struct {
	m      *Map
	far    []int // the shape of the other side
	index  []number
	guard  []number
	vars   []int64
	rank   int
	params []*Tensor
}

func (env *Env) mapper(m *Map, rank int, far []int, operands []*Tensor) (*mapper, error) {
	mp := &mapper{m: m, far: far, rank: rank, params: operands, vars: make([]int64, rank+len(operands))}
	for _, e := range m.Index {
		n, err := env.number(e, rank)
		if err != nil {
			return nil, err
		}
		mp.index = append(mp.index, n)
	}
	for _, c := range m.Guard {
		n, err := env.number(c.E, rank)
		if err != nil {
			return nil, err
		}
		mp.guard = append(mp.guard, n)
	}
	return mp, nil
}

// find returns the flat index of the other side's element that belongs to
// element i at the given axes, −1 where there is none.
func (mp *mapper) find(i int, at []int) (int, error) {
	for a, k := range at {
		mp.vars[a] = int64(k)
	}
	for k, t := range mp.params {
		v := t.Data[i]
		if err := t.fault(i); err != nil {
			return 0, err
		}
		if v != math.Trunc(v) || math.Abs(v) > maxElements {
			return 0, fmt.Errorf("index %g is out of range", v)
		}
		mp.vars[mp.rank+k] = int64(v)
	}
	for k, c := range mp.m.Guard {
		ok, err := mp.holds(c, &mp.guard[k])
		if err != nil {
			return 0, err
		}
		if !ok {
			return -1, nil
		}
	}
	flat := 0
	for k := range mp.index {
		n := &mp.index[k]
		v, err := n.at(mp.vars)
		if err != nil {
			return 0, err
		}
		if v%n.den != 0 {
			return 0, fmt.Errorf("index %s is not whole", mp.m.Index[k])
		}
		v /= n.den
		if v < 0 || v >= int64(mp.far[k]) {
			return 0, fmt.Errorf("index %s = %d is out of range [0, %d)", mp.m.Index[k], v, mp.far[k])
		}
		flat = flat*mp.far[k] + int(v)
	}
	return flat, nil
}

func (mp *mapper) holds(c Cond, n *number) (bool, error) {
	v, err := n.at(mp.vars)
	switch c.Kind {
	case NonNeg:
		return v >= 0, err
	case Zero:
		return v == 0, err
	}
	return v%(n.den*int64(c.Mod)) == 0, err
}

// runAccess is the meaning of access.
func runAccess(env *Env, y *Node, x []*Tensor) (*Tensor, error) {
	out, err := env.tensor(y)
	if err != nil {
		return nil, err
	}
	mp, err := env.mapper(y.Attr.(*Map), len(out.Shape), x[0].Shape, x[1:])
	if err != nil {
		return nil, err
	}
	each(out.Shape, func(i int, at []int) {
		j, err := mp.find(i, at)
		switch {
		case err != nil:
			out.setFault(i, err)
		case j >= 0:
			out.Data[i] = x[0].Data[j]
			out.setFault(i, x[0].fault(j))
		}
	})
	return out, nil
}

// runScatter is the meaning of scatter: it adds in row-major order.
func runScatter(env *Env, y *Node, x []*Tensor) (*Tensor, error) {
	out, err := env.tensor(y)
	if err != nil {
		return nil, err
	}
	mp, err := env.mapper(y.Attr.(*Map), len(x[0].Shape), out.Shape, x[1:])
	if err != nil {
		return nil, err
	}
	each(x[0].Shape, func(i int, at []int) {
		j, err := mp.find(i, at)
		switch {
		case err != nil: // it could belong anywhere
			for k := range out.Data {
				out.setFault(k, err)
			}
		case j >= 0:
			out.Data[j] = env.round(out.Data[j]+x[0].Data[i], Real)
			out.setFault(j, x[0].fault(i))
		}
	})
	return out, nil
}
