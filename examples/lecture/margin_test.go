package lecture

import (
	"testing"

	"github.com/bpgen/bpgen/generated/lecture"
)

// marginOf returns a model whose word vectors and weights are such that the
// scores of windows differ by more than 1.
func marginOf(t *testing.T, vocab int) *lecture.Margin {
	t.Helper()
	m, err := lecture.NewMargin(vocab, 1)
	if err != nil {
		t.Fatal(err)
	}
	copy(m.Params.All(), numbers(len(m.Params.All()), 2))
	for i := range m.Params.U {
		m.Params.U[i] *= 100
	}
	return m
}

// gather returns the vectors of words, one after the other.
func gather(L []float64, ids []int32, size int) []float64 {
	var x []float64
	for _, id := range ids {
		x = append(x, L[int(id)*size:][:size]...)
	}
	return x
}

// marginByHand computes the loss and the gradients: with an active hinge those
// of the true window's score, times −1, and of the corrupted one's, times 1;
// else none. It also returns how many hinges are active.
func marginByHand(m *lecture.Margin, b lecture.MarginBatch, want *lecture.MarginParams) (loss float64, active int) {
	p := m.Params
	words := len(b.Pos) / b.N
	size := len(p.W1) / len(p.B1) / words
	score := func(ids []int32) *scoring {
		c := &scoring{x: gather(p.L, ids, size), W1: p.W1, b1: p.B1, W2: p.W2, b2: p.B2, U: p.U}
		c.compute()
		return c
	}
	k := 1 / float64(b.N)
	for i := range b.N {
		pos, neg := b.Pos[i*words:][:words], b.Neg[i*words:][:words]
		s, sc := score(pos), score(neg)
		hinge := 1 - s.s + sc.s
		if hinge <= 0 {
			continue
		}
		active++
		loss += k * hinge
		for _, part := range []struct {
			c   *scoring
			ids []int32
			d   float64
		}{{s, pos, -k}, {sc, neg, k}} {
			accumulate(want.W1, part.d, part.c.dW1)
			accumulate(want.B1, part.d, part.c.db1)
			accumulate(want.W2, part.d, part.c.dW2)
			accumulate(want.B2, part.d, part.c.db2)
			accumulate(want.U, part.d, part.c.dU)
			// The vector of a word gets a share from each place where it stands.
			for j, id := range part.ids {
				accumulate(want.L[int(id)*size:][:size], part.d, part.c.dx[j*size:][:size])
			}
		}
	}
	for _, w := range [][2][]float64{{p.W1, want.W1}, {p.W2, want.W2}, {p.U, want.U}} {
		loss += lambda / 2 * square(w[0])
		accumulate(w[1], lambda, w[0])
	}
	return loss, active
}

// TestMargin compares the loss max(0, 1 − s + s_c) and its gradients for
// windows that are apart by more than the margin, that are not, and both.
func TestMargin(t *testing.T) {
	m := marginOf(t, 9)
	// Words stand several times in a window and in both windows.
	a := []int32{2, 7, 2, 5, 2}
	b := []int32{2, 7, 8, 5, 5}
	join := func(x ...[]int32) (all []int32) {
		for _, w := range x {
			all = append(all, w...)
		}
		return all
	}
	seen := map[int]bool{}
	for _, batch := range []lecture.MarginBatch{
		{N: 1, Pos: a, Neg: b},
		{N: 1, Pos: b, Neg: a},
		{N: 3, Pos: join(a, b, a), Neg: join(b, a, a)},
	} {
		want, got := m.NewGrads(), m.NewGrads()
		loss, active := marginByHand(m, batch, want)
		seen[active] = true
		l, err := m.NewWork().Grad(batch, got)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "loss", []float64{l.Loss}, []float64{loss})
		for i, w := range want.Tensors() {
			near(t, "d"+w.Name, got.Tensors()[i].Data, w.Data)
		}
	}
	if !seen[0] || !seen[1] || !seen[2] {
		t.Errorf("the batches have %v active hinges, want none in one, 1 in one and 2 in one", seen)
	}
}

// TestMarginIndices wants a word that is not in the vocabulary to be refused.
func TestMarginIndices(t *testing.T) {
	m := marginOf(t, 9)
	_, err := m.NewWork().Loss(lecture.MarginBatch{N: 1, Pos: []int32{0, 1, 2, 9, 4}, Neg: []int32{0, 1, 2, 3, 4}})
	if err == nil || err.Error() != "Margin: Pos[3] is 9, want at least 0 and below 9" {
		t.Errorf("the error is %v, want one that names Pos[3]", err)
	}
}
