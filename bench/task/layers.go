package task

// A Tensor is one of a net's parameters: its name and shape, and how far from 0 or, of
// a scale, from 1 its numbers begin.
type Tensor struct {
	Name  string
	Shape []int
	Far   float64
	Scale bool
}

// Size is how many numbers a tensor has.
func (t Tensor) Size() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// A layered net is known by its kind, with its sizes; only its batch varies. All
// are trained to tell ten classes apart.
type layered struct {
	inputs  int // numbers of an example
	tensors []Tensor
}

var layeredNets = map[string]layered{
	"conv": {28 * 28, []Tensor{
		{"a.F", []int{8, 1, 3, 3}, 0.3, false}, {"a.b", []int{8}, 0.1, false},
		{"b.F", []int{16, 8, 3, 3}, 0.15, false}, {"b.b", []int{16}, 0.1, false},
		{"z.W", []int{10, 784}, 0.08, false}, {"z.b", []int{10}, 0.1, false},
	}},
	"lstm": {32 * 64, []Tensor{
		{"W", []int{512, 192}, 0.09, false}, {"b", []int{512}, 0.1, false},
		{"z.W", []int{10, 128}, 0.2, false}, {"z.b", []int{10}, 0.1, false},
	}},
	"block": {64 * 128, []Tensor{
		{"n.scale", []int{128}, 0.2, true}, {"n.shift", []int{128}, 0.1, false},
		{"Wq", []int{128, 128}, 0.15, false}, {"Wk", []int{128, 128}, 0.15, false}, {"Wv", []int{128, 128}, 0.15, false}, {"Wo", []int{128, 128}, 0.15, false},
		{"m.scale", []int{128}, 0.2, true}, {"m.shift", []int{128}, 0.1, false},
		{"up.W", []int{512, 128}, 0.1, false}, {"up.b", []int{512}, 0.1, false},
		{"down.W", []int{128, 512}, 0.1, false}, {"down.b", []int{128}, 0.1, false},
		{"z.W", []int{10, 128}, 0.2, false}, {"z.b", []int{10}, 0.1, false},
	}},
}

// Layered reports whether the computation is a step of one of these nets.
func (s Spec) Layered() bool {
	_, ok := layeredNets[s.Kind]
	return ok
}

// Inputs is how many numbers an example of a layered net has.
func (s Spec) Inputs() int { return layeredNets[s.Kind].inputs }
