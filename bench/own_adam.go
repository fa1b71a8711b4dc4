package main

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/bpgen/bpgen/bench/gen/adam"
	"github.com/bpgen/bpgen/bench/task"
)

// ownAdam updates ten million parameters by a gradient that is there.
type ownAdam struct {
	t     *adam.ParamsTrainer
	grads *adam.ParamsParams
	start []byte // the trainer as a file, before its first step
}

func openAdam(s task.Spec, d *task.Data) (task.Runner, error) {
	m, err := adam.NewParams(1)
	if err != nil {
		return nil, err
	}
	if s.N != len(m.Params.All()) {
		return nil, task.ErrNone
	}
	copy(m.Params.All(), d.W)
	a := &ownAdam{t: m.NewTrainer(), grads: m.NewGrads()}
	copy(a.grads.All(), d.G)
	a.start, err = a.state()
	return a, err
}

func (a *ownAdam) state() ([]byte, error) {
	var file bytes.Buffer
	_, err := a.t.WriteTo(&file)
	return file.Bytes(), err
}

func (a *ownAdam) Reset() {
	if _, err := a.t.ReadFrom(bytes.NewReader(a.start)); err != nil {
		panic(err) // it is what the trainer itself has written
	}
}

func (a *ownAdam) Run(n int) error {
	for range n {
		if err := a.t.Update(a.grads); err != nil {
			return err
		}
	}
	return nil
}

// Result reads the moments, which a trainer shows to nobody, from its file,
// where they lie behind the parameters.
func (a *ownAdam) Result() ([]float64, error) {
	file, err := a.state()
	if err != nil {
		return nil, err
	}
	const wide = 4
	n := len(a.grads.All())
	var r []float64
	for i := range 3 {
		block := file[len(file)-(3-i)*n*wide:]
		for j := range min(n, task.Shown) {
			r = append(r, float64(math.Float32frombits(binary.LittleEndian.Uint32(block[j*wide:]))))
		}
	}
	return r, nil
}
