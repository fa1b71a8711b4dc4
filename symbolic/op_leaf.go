package symbolic

// Leaves are made by the methods of Graph, which give shape and type, so they
// infer nothing.

// OpConst is a constant, alike in every element.
var OpConst = named("const")

func init() {
	Register(OpSpec{Name: "const", Doc: "A constant, alike in every element.", Class: Leaf, Run: runConst})
}

// OpInput is a value that the caller provides.
var OpInput = named("input")

func init() {
	Register(OpSpec{Name: "input", Doc: "A parameter, argument, state or number set at run time.", Class: Leaf, Run: runInput})
}

// OpSize is a run-time size used as a number.
var OpSize = named("size")

func init() {
	Register(OpSpec{Name: "size", Doc: "A run-time size, as a whole number.", Class: Leaf, Run: runSize,
		Sign: surely(Positive)}) // where it is 0 there are no elements
}

// OpIota is an index used as a number.
var OpIota = named("iota")

func init() {
	Register(OpSpec{Name: "iota", Doc: "Each element's own index along an axis.", Class: Leaf, Run: runIota, Sign: surely(NotNegative)})
}
