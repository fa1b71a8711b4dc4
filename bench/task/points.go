package task

// A Circuit is a point of a circuit, and a CircuitGrad what is computed there:
// the value, and the derivatives by x, y and z.
type (
	Circuit     [3]float64
	CircuitGrad [4]float64
)

// A Neuron is a point of a neuron, and a NeuronGrad what is computed there.
type (
	Neuron struct {
		W [3]float64
		X [2]float64
	}
	NeuronGrad struct {
		F float64
		W [3]float64
		X [2]float64
	}
)

// Circuits cuts points of circuits out of numbers.
func Circuits(all []float64) []Circuit {
	c := make([]Circuit, len(all)/3)
	for i := range c {
		c[i] = Circuit(all[3*i:])
	}
	return c
}

// Neurons cuts points of neurons out of numbers.
func Neurons(all []float64) []Neuron {
	c := make([]Neuron, len(all)/5)
	for i := range c {
		c[i] = Neuron{[3]float64(all[5*i:]), [2]float64(all[5*i+3:])}
	}
	return c
}

// CircuitNumbers are all numbers of results.
func CircuitNumbers(all []CircuitGrad) (x []float64) {
	for i := range all {
		x = append(x, all[i][:]...)
	}
	return x
}

// NeuronNumbers are all numbers of results.
func NeuronNumbers(all []NeuronGrad) (x []float64) {
	for i := range all {
		x = append(append(append(x, all[i].F), all[i].W[:]...), all[i].X[:]...)
	}
	return x
}
