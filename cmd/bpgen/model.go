package main

import (
	"fmt"
	"go/token"
	"os"
	"strings"

	"github.com/bpgen/bpgen/internal/driver"
	"github.com/spf13/cobra"
)

// models is the check of arguments that name models.
func models(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("name a model, a .bp file")
	}
	return nil
}

// completeModels lets a shell complete the names of models.
func completeModels(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"bp"}, cobra.ShellCompDirectiveFilterFileExt
}

// modelFlags adds the flags that change what a model means. The returned
// options are right once the flags are parsed.
func modelFlags(cmd *cobra.Command) *driver.Options {
	opt := &driver.Options{Dims: map[string]string{}}
	flags := cmd.Flags()
	flags.Var((*packageName)(&opt.Package), "pkg", "name of the Go package, instead of the model's package clause")
	flags.Var((*floatType)(&opt.Float), "type", "element type, instead of the model's")
	flags.VarP(dims(opt.Dims), "dim", "D", "set a dim, also one known at run time only, or several;\na list is written -D sizes=128,64")
	flags.BoolVar(&opt.Plain, "plain", false, "Go in one piece, to be read: no kernels in assembly")
	flags.BoolVar(&opt.Strict, "strict", false, "numbers that are the same to the bit on every platform:\nno assembly, each operation rounded by itself")
	complete(cmd, "type", "float32", "float64")
	complete(cmd, "pkg")
	complete(cmd, "dim")
	return opt
}

// complete says what may stand behind a flag.
func complete(cmd *cobra.Command, flag string, values ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag does not exist, or has this twice
	}
}

// eachModel reads the models and hands each on. One that is missing or wrong
// does not keep the others from being looked at.
func eachModel(paths []string, do func(path string, src []byte) error) error {
	var errs errorList
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err == nil {
			err = do(path, src)
		}
		errs.add(err)
	}
	return errs.err()
}

type packageName string

func (p *packageName) String() string { return string(*p) }
func (p *packageName) Type() string   { return "NAME" }
func (p *packageName) Set(s string) error {
	if !token.IsIdentifier(s) || s == "_" {
		return fmt.Errorf("not a name for a Go package")
	}
	*p = packageName(s)
	return nil
}

type floatType string

func (f *floatType) String() string { return string(*f) }
func (f *floatType) Type() string   { return "float32|float64" }
func (f *floatType) Set(s string) error {
	if s != "float32" && s != "float64" {
		return fmt.Errorf("must be float32 or float64")
	}
	*f = floatType(s)
	return nil
}

// dims are the values of -D by name. What a value means, and whether there is
// such a dim, is for the model to say; here only the form is looked at.
type dims map[string]string

func (d dims) String() string { return "" }
func (d dims) Type() string   { return "NAME=VALUE" }
func (d dims) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	switch {
	case !ok || name == "" || value == "":
		return fmt.Errorf("must be NAME=VALUE")
	case !token.IsIdentifier(name):
		return fmt.Errorf("%s is not a name", name)
	case d[name] != "":
		return fmt.Errorf("%s is set twice", name)
	}
	for n := range strings.SplitSeq(value, ",") {
		if n = strings.TrimSpace(n); n == "" || strings.Trim(n, "0123456789") != "" || len(n) > 18 {
			return fmt.Errorf("the value must be a whole number, or several with commas between")
		}
	}
	d[name] = value
	return nil
}
