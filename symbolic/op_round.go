package symbolic

import "math"

// opRound is the nearest whole number.
var opRound = named("round")

func init() {
	step := func(name, doc string, f func(float64) float64, form string, kinks ...float64) {
		Register(OpSpec{
			Name: name, Doc: doc, Exact: true, Args: 1, Class: Elementwise, Builtin: true,
			Eval: of(f), Partial: flat(),
			Go: "math." + string(name[0]-'a'+'A') + name[1:], Math: form, Kinks: kinks,
		})
	}
	step("floor", "The greatest whole number that is at most x; its derivative is 0.", math.Floor, "⌊%s⌋", -2, -1, 0, 1, 2)
	step("ceil", "The least whole number that is at least x; its derivative is 0.", math.Ceil, "⌈%s⌉", -2, -1, 0, 1, 2)
	step("round", "The nearest whole number, halves away from 0; its derivative is 0.", math.Round, "round(%s)", -1.5, -0.5, 0.5, 1.5)
}
