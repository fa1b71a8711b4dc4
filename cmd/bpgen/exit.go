package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The exit codes, beside 0.
const (
	exitModel = 1 // a model is wrong, a file is stale or not formatted
	exitCall  = 2 // the call is wrong, or bpgen could not do its work
)

// These end a command that has said already what is wrong.
var (
	errModel = errors.New("the model is wrong")
	errCall  = errors.New("the call is wrong")
)

// A usageError is a call that does not fit the command.
type usageError struct{ msg string }

func (e usageError) Error() string { return e.msg }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// exitCode says what went wrong with cmd, a line each, and returns the code.
func exitCode(w io.Writer, cmd *cobra.Command, err error) int {
	if err == nil {
		return 0
	}
	code := 0
	for _, e := range flatten(err) {
		switch e {
		case errModel:
			code = max(code, exitModel)
		case errCall:
			code = exitCall
		default:
			code = exitCall
			fmt.Fprintf(w, "%s: %v\n", cmd.CommandPath(), e)
		}
	}
	var u usageError
	if errors.As(err, &u) {
		fmt.Fprintf(w, "Run '%s -h' for help.\n", cmd.CommandPath())
	}
	return code
}

// flatten returns the errors that were joined into err.
func flatten(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, flatten(e)...)
	}
	return all
}

func unknownCommand(cmd *cobra.Command, name string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return usagef("unknown command %q%s", name, didYouMean("", name, names))
}

// flagError words what the flag library says as the rest of bpgen would, with
// flags spelled as in the help.
func flagError(cmd *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		return usagef("unknown flag -%s%s", name, didYouMean("-", name, names))
	case errors.As(err, &missing):
		return usagef("flag -%s needs a value", missing.GetSpecifiedName())
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		name := f.Shorthand
		if name == "" {
			name = f.Name
		}
		return usagef("flag -%s %s: %v", name, invalid.GetValue(), errors.Unwrap(err))
	}
	return usagef("%s", strings.TrimSpace(err.Error()))
}

func didYouMean(prefix, name string, among []string) string {
	if s := diag.Suggest(name, among); s != "" {
		return fmt.Sprintf(", did you mean %s%s?", prefix, s)
	}
	return ""
}
