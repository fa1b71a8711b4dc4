package main

import (
	"errors"
	"io"
	"os"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// report shows what is wrong with a model and returns errModel, or errCall
// where it is the call; nil when nothing is.
func report(cmd *cobra.Command, list diag.List, src diag.Sources) error {
	if len(list) == 0 {
		return nil
	}
	w := cmd.ErrOrStderr()
	if err := diag.Render(w, list, src, colored(w)); err != nil {
		return err
	}
	return blame(list)
}

// blame says what is wrong, the model or the call: what has no place in a file
// comes from the arguments, a -D for a dim that there is not.
func blame(list diag.List) error {
	for _, d := range list {
		if d.Span.Pos.IsValid() {
			return errModel
		}
	}
	return errCall
}

// colored reports whether colours make sense on w: only on a terminal, and
// only when its user has not said no (https://no-color.org).
func colored(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// An errorList collects what went wrong with one argument after the other.
type errorList []error

func (l *errorList) add(err error) {
	if err != nil {
		*l = append(*l, err)
	}
}

func (l errorList) err() error { return errors.Join(l...) }
