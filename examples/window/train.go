package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/bpgen/bpgen/generated/window"
)

const (
	batchSize = 64
	lastStep  = 4000 // where the model's learning rate has fallen to 0
	mostTimes = 20   // epochs, however small the corpus
)

// epochsFor returns how often to go through n words: as long as the learning
// rate allows.
func epochsFor(n int) int {
	steps := max(1, (n+batchSize-1)/batchSize)
	return max(1, min(lastStep/steps, mostTimes))
}

// fit trains m, reports each epoch, and returns the score after the last.
func fit(m *window.Window, v *vocabulary, train, held *examples, epochs int, seed uint64, stdout io.Writer) (sc score, err error) {
	random := rand.New(rand.NewPCG(seed, 0))
	trainer := m.NewTrainer()
	var batch examples
	fmt.Fprintln(stdout, "epoch    loss  precision  recall     F1")
	for epoch := range epochs {
		forgetful := *train
		forgetful.IDs = slices.Clone(train.IDs)
		v.forget(forgetful.IDs, random)
		sum := 0.0
		for places := range slices.Chunk(random.Perm(train.N), batchSize) {
			forgetful.pick(places, &batch)
			l, err := trainer.Step(batch.WindowBatch)
			if err != nil {
				return sc, err
			}
			sum += float64(l.Loss) * float64(batch.N)
		}
		if sc, err = test(trainer.Work(), held); err != nil {
			return sc, err
		}
		fmt.Fprintf(stdout, "%5d  %6.4f  %s\n", epoch+1, sum/float64(train.N), sc)
	}
	return sc, nil
}

// predict returns the likeliest tag of each window.
func predict(work *window.WindowWork, x *examples) ([]int, error) {
	out, err := work.Forward(x.WindowBatch)
	if err != nil {
		return nil, err
	}
	var got []int
	for p := range slices.Chunk(out.Output, len(tags)) {
		got = append(got, slices.Index(p, slices.Max(p)))
	}
	return got, nil
}

// test compares what the model says with what is.
func test(work *window.WindowWork, x *examples) (score, error) {
	var sc score
	got, err := predict(work, x)
	for i, tag := range got {
		sc.add(tag, int(x.Tag[i]))
	}
	return sc, err
}
