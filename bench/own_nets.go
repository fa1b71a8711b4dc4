package main

import (
	"github.com/bpgen/bpgen/bench/gen/layers"
	"github.com/bpgen/bpgen/bench/gen/nets"
	"github.com/bpgen/bpgen/bench/task"
)

// ownNet is one of the nets: forward or step, on a batch.
type ownNet struct {
	params, start []float32
	forward       func() ([]float32, error)
	step          func() (float32, error)
	isStep        bool
	out           []float32
	loss          float32
}

func openNet(s task.Spec, d *task.Data) (task.Runner, error) {
	n := &ownNet{start: d.W, isStep: s.Kind == "step"}
	switch s.In() {
	case 250:
		m, err := nets.NewWindow(1)
		if err != nil {
			return nil, err
		}
		w, t, b := m.NewWork(), m.NewTrainer(), nets.WindowBatch{N: s.Batch, X: d.X, Y: d.T}
		n.params = m.Params.All()
		n.forward = func() ([]float32, error) { o, err := w.Forward(b); return o.Output, err }
		n.step = func() (float32, error) { l, err := t.Step(b); return l.Loss, err }
	case 64:
		m, err := nets.NewSmall(1)
		if err != nil {
			return nil, err
		}
		w, t, b := m.NewWork(), m.NewTrainer(), nets.SmallBatch{N: s.Batch, X: d.X, Y: d.Y}
		n.params = m.Params.All()
		n.forward = func() ([]float32, error) { o, err := w.Forward(b); return o.Z, err }
		n.step = func() (float32, error) { l, err := t.Step(b); return l.Loss, err }
	case 784:
		if s.Sizes[1] == 512 {
			m, err := nets.NewMedium(1)
			if err != nil {
				return nil, err
			}
			w, t, b := m.NewWork(), m.NewTrainer(), nets.MediumBatch{N: s.Batch, X: d.X, Y: d.Y}
			n.params = m.Params.All()
			n.forward = func() ([]float32, error) { o, err := w.Forward(b); return o.Z, err }
			n.step = func() (float32, error) { l, err := t.Step(b); return l.Loss, err }
			break
		}
		m, err := nets.NewLarge(1)
		if err != nil {
			return nil, err
		}
		w, t, b := m.NewWork(), m.NewTrainer(), nets.LargeBatch{N: s.Batch, X: d.X, Y: d.Y}
		n.params = m.Params.All()
		n.forward = func() ([]float32, error) { o, err := w.Forward(b); return o.Z, err }
		n.step = func() (float32, error) { l, err := t.Step(b); return l.Loss, err }
	default:
		return nil, task.ErrNone
	}
	return n, nil
}

// openLayers makes a step of a net of layers ready.
func openLayers(s task.Spec, d *task.Data) (task.Runner, error) {
	n := &ownNet{start: d.W, isStep: true}
	switch s.Kind {
	case "conv":
		m, err := layers.NewConv(1)
		if err != nil {
			return nil, err
		}
		t, b := m.NewTrainer(), layers.ConvBatch{N: s.N, X: d.X, Y: d.Y}
		n.params = m.Params.All()
		n.step = func() (float32, error) { l, err := t.Step(b); return l.Loss, err }
	case "lstm":
		m, err := layers.NewLstm(1)
		if err != nil {
			return nil, err
		}
		t, b := m.NewTrainer(), layers.LstmBatch{N: s.N, X: d.X, Y: d.Y}
		n.params = m.Params.All()
		n.step = func() (float32, error) { l, err := t.Step(b); return l.Loss, err }
	case "block":
		m, err := layers.NewBlock(1)
		if err != nil {
			return nil, err
		}
		t, b := m.NewTrainer(), layers.BlockBatch{N: s.N, X: d.X, Y: d.Y}
		n.params = m.Params.All()
		n.step = func() (float32, error) { l, err := t.Step(b); return l.Loss, err }
	default:
		return nil, task.ErrNone
	}
	return n, nil
}

func (n *ownNet) Reset() { copy(n.params, n.start) }

func (n *ownNet) Run(times int) (err error) {
	for range times {
		if n.isStep {
			n.loss, err = n.step()
		} else {
			n.out, err = n.forward()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (n *ownNet) Result() ([]float64, error) {
	if n.isStep {
		return task.Widen([]float64{float64(n.loss)}, n.params...), nil
	}
	return task.Widen(nil, n.out...), nil
}
