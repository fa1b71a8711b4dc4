package symbolic

// slope is the Partial of an operator of one argument x with result y.
func slope(f func(g *Graph, x, y *Node) *Node) []func(*Graph, []*Node, *Node) *Node {
	return []func(*Graph, []*Node, *Node) *Node{
		func(g *Graph, x []*Node, y *Node) *Node { return f(g, x[0], y) },
	}
}

// flat is the Partial of an operator of one argument that is constant between
// its jumps.
func flat() []func(*Graph, []*Node, *Node) *Node {
	return []func(*Graph, []*Node, *Node) *Node{nil}
}

// of makes the meaning of an operator of one argument.
func of(f func(float64) float64) func([]float64) float64 {
	return func(x []float64) float64 { return f(x[0]) }
}

// of2 makes the meaning of an operator of two arguments.
func of2(f func(a, b float64) float64) func([]float64) float64 {
	return func(x []float64) float64 { return f(x[0], x[1]) }
}
