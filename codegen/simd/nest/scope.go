package nest

import (
	"fmt"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// A scope is a stretch of code that is run as a whole: the body of a loop, a
// branch. What was computed in it is known until its end.
type scope struct {
	numbers map[string]asm.G // whole numbers and addresses
	values  map[string]value // expressions that do not change in it
	splats  map[string]asm.V // numbers in all lanes, and positions of lanes
	bound   map[string]*loop.Var

	reciprocals map[asm.V]asm.V // of divisors
	limits      []symbolic.Poly // what is known not to be negative
}

func (c *compiler) push() {
	c.scopes = append(c.scopes, &scope{map[string]asm.G{}, map[string]value{}, map[string]asm.V{}, map[string]*loop.Var{}, map[asm.V]asm.V{}, nil})
}

func (c *compiler) pop() { c.scopes = c.scopes[:len(c.scopes)-1] }

// within runs f in a scope of its own.
func (c *compiler) within(f func()) {
	c.push()
	defer c.pop()
	f()
}

func (c *compiler) top() *scope { return c.scopes[len(c.scopes)-1] }

// bind gives v a value in the scope.
func (c *compiler) bind(v *loop.Var, x variable) {
	c.vars[v] = &x
	c.top().bound[v.Name] = v
}

// depth returns the scope that declares a name, and the variable.
func (c *compiler) depth(name string) (int, *loop.Var) {
	for i := len(c.scopes) - 1; i >= 0; i-- {
		if v := c.scopes[i].bound[name]; v != nil {
			return i, v
		}
	}
	failf("%s is not known", name)
	return 0, nil
}

// ordinal tells variables of one name apart.
func (c *compiler) ordinal(v *loop.Var) int {
	n, ok := c.ordinals[v]
	if !ok {
		n = len(c.ordinals)
		c.ordinals[v] = n
	}
	return n
}

// polyKey writes p so that it means the same wherever it is equal.
func (c *compiler) polyKey(p symbolic.Poly) string {
	return p.Subst(func(s string) (symbolic.Poly, bool) {
		for i := len(c.scopes) - 1; i >= 0; i-- {
			if v := c.scopes[i].bound[s]; v != nil {
				return symbolic.Sym(fmt.Sprintf("%s.%d", s, c.ordinal(v))), true
			}
		}
		return symbolic.Poly{}, false
	}).String()
}

func (c *compiler) knownNumber(key string) (asm.G, bool) {
	for i := len(c.scopes) - 1; i >= 0; i-- {
		if g, ok := c.scopes[i].numbers[key]; ok {
			return g, true
		}
	}
	return asm.G{}, false
}

func (c *compiler) knownValue(key string) (value, bool) {
	for i := len(c.scopes) - 1; i >= 0; i-- {
		if x, ok := c.scopes[i].values[key]; ok {
			return x, true
		}
	}
	return value{}, false
}

func (c *compiler) knownSplat(key string) (asm.V, bool) {
	for i := len(c.scopes) - 1; i >= 0; i-- {
		if x, ok := c.scopes[i].splats[key]; ok {
			return x, true
		}
	}
	return asm.V{}, false
}
