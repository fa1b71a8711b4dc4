package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/bpgen/bpgen/examples/digits/data"
	"github.com/bpgen/bpgen/generated/digits"
)

// epoch is the state of a model after an epoch.
type epoch struct {
	train, held digits.DigitsLoss
}

// batch is images as the model has them.
func batch(x *data.Images) digits.DigitsBatch {
	return digits.DigitsBatch{N: x.N, Image: x.Grey, Y: x.Digit}
}

// fit trains m and reports each epoch, the first being the model as it starts.
func fit(m *digits.Digits, train, held *data.Images, s settings, stdout, stderr io.Writer) ([]epoch, error) {
	bar := progress(s.epochs*((train.N+s.batch-1)/s.batch), stderr)
	trainer := m.NewTrainer()
	random := rand.New(rand.NewPCG(s.seed, 0))
	var curve []epoch

	fmt.Fprintln(stdout, "          learned from        held out")
	fmt.Fprintln(stdout, "epoch    loss  accuracy    loss  accuracy")
	report := func() error {
		var e epoch
		var err error
		if e.train, err = trainer.Work().Loss(batch(train)); err != nil {
			return err
		}
		if e.held, err = trainer.Work().Loss(batch(held)); err != nil {
			return err
		}
		// The table and the bar may share a terminal.
		_ = bar.Clear()
		fmt.Fprintf(stdout, "%5d  %6.4f  %6.2f %%  %6.4f  %6.2f %%\n", len(curve),
			e.train.Loss, 100*e.train.Accuracy, e.held.Loss, 100*e.held.Accuracy)
		curve = append(curve, e)
		return nil
	}

	if err := report(); err != nil {
		return nil, err
	}
	for range s.epochs {
		shuffled := train.Pick(random.Perm(train.N))
		for i := 0; i < train.N; i += s.batch {
			if _, err := trainer.Step(batch(shuffled.Part(i, s.batch))); err != nil {
				return nil, err
			}
			_ = bar.Add(1) // a bar that cannot be drawn is no reason to stop
		}
		if err := report(); err != nil {
			return nil, err
		}
	}
	_ = bar.Finish()
	return curve, nil
}

// progress returns a bar that shows only where somebody can be watching.
func progress(steps int, w io.Writer) *progressbar.ProgressBar {
	f, ok := w.(*os.File)
	return progressbar.NewOptions(steps,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetVisibility(ok && term.IsTerminal(int(f.Fd()))),
		progressbar.OptionSetDescription("training"),
		progressbar.OptionShowCount(),
		progressbar.OptionSetItsString("steps"),
		progressbar.OptionShowIts(),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
}
