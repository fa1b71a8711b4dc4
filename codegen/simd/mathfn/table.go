package mathfn

// funcs are all functions, in order of name.
var funcs = []*Func{
	one("cos", cos, 2, 2),
	one("exp", exp, 1, 1),
	one("log", log, 1, 1),
	one("sigmoid", sigmoid, 2, 2),
	one("sin", sin, 2, 2),
	one("tan", tan, 2, 3),
	one("tanh", tanh, 2, 2),
}
