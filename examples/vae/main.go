// Command vae teaches an autoencoder codes of handwritten digits, and shows images
// beside what comes back of them.
package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	"github.com/bpgen/bpgen/examples/digits/data"
	"github.com/bpgen/bpgen/generated/vae"
)

//go:generate go tool bpgen gen -plain -o ../../generated/vae vae.bp

func main() {
	if _, err := run(60, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "vae:", err)
		os.Exit(1)
	}
}

// run learns for some epochs and returns the loss on images held out, before and
// after.
func run(epochs int, out io.Writer) (losses [2]float32, err error) {
	all, err := data.Load()
	if err != nil {
		return losses, err
	}
	train, held := all.Split()
	m, err := vae.NewVAE(1)
	if err != nil {
		return losses, err
	}
	t := m.NewTrainer()
	loss := func(x *data.Images) (float32, error) {
		l, err := t.Work().Loss(vae.VAEBatch{N: x.N, Image: x.Grey})
		return l.Loss, err
	}
	if losses[0], err = loss(held); err != nil {
		return losses, err
	}
	random := rand.New(rand.NewPCG(1, 0))
	const size = 32
	for range epochs {
		x := train.Pick(random.Perm(train.N))
		for i := 0; i < x.N; i += size {
			part := x.Part(i, size)
			if _, err := t.Step(vae.VAEBatch{N: part.N, Image: part.Grey}); err != nil {
				return losses, err
			}
		}
	}
	if losses[1], err = loss(held); err != nil {
		return losses, err
	}
	fmt.Fprintf(out, "The loss of images held out goes from %.2f to %.2f.\nSome of them, and what comes back through a code of four numbers:\n\n", losses[0], losses[1])
	return losses, show(t.Work(), held.Part(0, 4), out)
}

// show draws images above what comes back of them.
func show(w *vae.VAEWork, x *data.Images, out io.Writer) error {
	got, err := w.Forward(vae.VAEBatch{N: x.N, Image: x.Grey})
	if err != nil {
		return err
	}
	back := make([]float32, len(got.Back))
	for i, p := range got.Back {
		back[i] = data.White * p
	}
	for _, grey := range [][]float32{x.Grey, back} {
		var images [][]string
		for i := range x.N {
			images = append(images, data.Text(grey[i*data.Pixels:][:data.Pixels]))
		}
		for row := range data.Side {
			for _, image := range images {
				fmt.Fprint(out, "  ", image[row])
			}
			fmt.Fprintln(out)
		}
		fmt.Fprintln(out)
	}
	return nil
}
