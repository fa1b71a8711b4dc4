package mathfn

var funcs = []*Func{
	one("exp", exp, 1, 1),
	one("log", log, 1, 1),
	one("sigmoid", sigmoid, 2, 2),
	one("tanh", tanh, 2, 2),
}
