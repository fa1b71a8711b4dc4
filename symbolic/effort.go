package symbolic

import (
	"errors"
	"fmt"
)

// Limits on what a model may come to. A short text can ask for a lot of work:
// a derivative of a derivative of a derivative doubles with each. What needs
// more than these is a mistake or an attack.
const (
	MaxDims   = 64          // of a value, what it varies along included
	MaxNodes  = 1_000_000   // of one graph, with derivatives and what rewriting makes
	MaxEffort = 600_000_000 // steps of work of one run; ten take about a microsecond
)

// An Effort counts the work of one run, so that none goes on for hours. What
// may take longer than the text that it comes from spends from it.
type Effort struct {
	Limit int // steps; 0: MaxEffort
	spent int
}

// Spend counts n steps more. Where they come to too many it panics with an
// error that Guard returns. With no Effort nothing is counted.
func (e *Effort) Spend(n int) {
	if e == nil {
		return
	}
	if e.spent += n; e.Over() {
		Exceed("the model takes more than %d steps to work out", e.limit())
	}
}

func (e *Effort) limit() int {
	if e.Limit == 0 {
		return MaxEffort
	}
	return e.Limit
}

// Left is how many steps may still be taken.
func (e *Effort) Left() int { return e.limit() - e.spent }

// Over reports whether there have been too many steps.
func (e *Effort) Over() bool { return e.spent > e.limit() }

// A LimitError says which limit a model goes over.
type LimitError struct{ msg string }

func (e *LimitError) Error() string { return e.msg }

// Exceed panics with the error that a limit is gone over, which Guard returns.
func Exceed(format string, args ...any) { panic(&LimitError{fmt.Sprintf(format, args...)}) }

// Guard runs f and returns an error where it came to sizes that overflow, or
// went over a limit. Both come from the model, so they are to be reported as
// its mistakes.
func Guard(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case overflow:
			err = ErrOverflow
		case *LimitError:
			err = r
		default:
			panic(r)
		}
	}()
	f()
	return nil
}

// OfModel reports whether an error, of Guard or one that wraps it, is about
// what the model asks for, and no mistake of bpgen.
func OfModel(err error) bool {
	var limit *LimitError
	return errors.Is(err, ErrOverflow) || errors.As(err, &limit)
}
