package symbolic

// algebraRules are those of a first lecture; they bring signs outwards, and
// constants to the front.
var algebraRules = []Rule{
	{Name: "x + 0", From: "x + 0", To: "x", Phase: always},
	{Name: "x - 0", From: "x - 0", To: "x", Phase: always},
	{Name: "0 - x", From: "0 - x", To: "-x", Phase: always},
	{Name: "x * 1", From: "x * 1", To: "x", Phase: always},
	{Name: "x / 1", From: "x / 1", To: "x", Phase: always},
	{Name: "x * -1", From: "x * -1", To: "-x", Phase: always},
	{Name: "x / -1", From: "x / -1", To: "-x", Phase: always},
	{Name: "minus minus", From: "-(-x)", To: "x", Phase: always},
	{Name: "x - -y", From: "x - (-y)", To: "x + y", Phase: always},
	{Name: "x + -y", From: "x + (-y)", To: "x - y", Phase: always},
	{Name: "-x - y", From: "(-x) - y", To: "-(x + y)", Phase: always},
	{Name: "-(x - y)", From: "-(x - y)", To: "y - x", Phase: always},
	{Name: "-x * y", From: "(-x) * y", To: "-(x * y)", Phase: always},
	{Name: "-x / y", From: "(-x) / y", To: "-(x / y)", Phase: always},
	{Name: "x / -y", From: "x / (-y)", To: "-(x / y)", Phase: always},
	{Name: "-(c * x)", From: "-(c * x)", To: "(-c) * x", Phase: always, When: constant("c")},
	{Name: "-(c / x)", From: "-(c / x)", To: "(-c) / x", Phase: always, When: constant("c")},
	{Name: "x + -c * y", From: "x + c * y", To: "x - (-c) * y", Phase: always, When: negative("c")},
	{Name: "x - -c * y", From: "x - c * y", To: "x + (-c) * y", Phase: always, When: negative("c")},
	{Name: "x + -c", From: "x + c", To: "x - (-c)", Phase: after, When: negative("c")},
	{Name: "x * c", From: "x * c", To: "c * x", Phase: after, Ordered: true, When: behind("c", "x")},
	{Name: "x + x", From: "x + x", To: "2 * x", Phase: after},
	{Name: "x * x", From: "x * x", To: "square(x)", Phase: always},
	{Name: "square of minus", From: "square(-x)", To: "square(x)", Phase: always},
	{Name: "square of abs", From: "square(abs(x))", To: "square(x)", Phase: always},
	{Name: "square of root", From: "square(sqrt(x))", To: "x", Phase: after, Safety: Finite},
	{Name: "root of square", From: "sqrt(square(x))", To: "abs(x)", Phase: always},
	{Name: "abs of minus", From: "abs(-x)", To: "abs(x)", Phase: always},
	{Name: "c * (d * x)", From: "c * (d * x)", To: "(c * d) * x", Phase: after, Safety: Reassoc, When: constant("c", "d")},
	{Name: "c * (d / x)", From: "c * (d / x)", To: "(c * d) / x", Phase: after, Safety: Reassoc, When: constant("c", "d")},
	{Name: "c * (x / d)", From: "c * (x / d)", To: "(c / d) * x", Phase: after, Safety: Reassoc, When: constant("c", "d")},
	{Name: "(c * x) / d", From: "(c * x) / d", To: "(c / d) * x", Phase: after, Safety: Reassoc, When: constant("c", "d")},
	{Name: "x * (1 / y)", From: "x * (1 / y)", To: "x / y", Phase: after, Safety: Reassoc},

	{Name: "x ^ 0", From: "powi(x, 0)", To: "1", Phase: always},
	{Name: "x ^ 1", From: "powi(x, 1)", To: "x", Phase: always},
	{Name: "x ^ 2", From: "powi(x, 2)", To: "square(x)", Phase: always},
	{Name: "x ^ -1", From: "powi(x, -1)", To: "1 / x", Phase: always},
	{Name: "x ^ 0.0", From: "pow(x, 0)", To: "1", Phase: always},
	{Name: "x ^ 1.0", From: "pow(x, 1)", To: "x", Phase: always},
	{Name: "x ^ 2.0", From: "pow(x, 2)", To: "square(x)", Phase: always},
	{Name: "x ^ -1.0", From: "pow(x, -1)", To: "1 / x", Phase: always},
	{Name: "x ^ 0.5", From: "pow(x, 0.5)", To: "sqrt(x)", Phase: always},
	{Name: "x ^ -0.5", From: "pow(x, -0.5)", To: "1 / sqrt(x)", Phase: always},

	{Name: "not not", From: "!(!a)", To: "a", Phase: always},
	{Name: "a and a", From: "a && a", To: "a", Phase: always},
	{Name: "a or a", From: "a || a", To: "a", Phase: always},
	{Name: "a and true", From: "a && 1", To: "a", Phase: always},
	{Name: "a and false", From: "a && 0", To: "0", Phase: always},
	{Name: "a or true", From: "a || 1", To: "1", Phase: always},
	{Name: "a or false", From: "a || 0", To: "a", Phase: always},

	{Name: "x - x", From: "x - x", To: "0", Phase: after, Safety: Finite},
	{Name: "x * 0", From: "x * 0", To: "0", Phase: after, Safety: Finite},
	{Name: "0 / x", From: "0 / x", To: "0", Phase: after, Safety: Finite},
	{Name: "x / x", From: "x / x", To: "1", Phase: after, Safety: Finite},
}

// constant is the condition that variables stand for constants.
func constant(names ...string) func(*Binding) bool {
	return func(b *Binding) bool {
		for _, n := range names {
			if _, ok := b.Const(n); !ok {
				return false
			}
		}
		return true
	}
}

// behind is the condition that the first variable stands for a constant and
// the second does not.
func behind(c, x string) func(*Binding) bool {
	return func(b *Binding) bool {
		_, isC := b.Const(c)
		_, isX := b.Const(x)
		return isC && !isX
	}
}

// negative is the condition that a variable stands for a constant below 0.
func negative(name string) func(*Binding) bool {
	return func(b *Binding) bool {
		v, ok := b.Const(name)
		return ok && v < 0
	}
}
