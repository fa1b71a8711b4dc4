package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bpgen/bpgen/internal/driver"
	"github.com/spf13/cobra"
)

func genCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "gen [flags] FILE...",
		Short: "Write the Go package of a model",
		Long: `Gen writes the Go package of each model: forward, backward and training code,
and a test that holds its gradients against finite differences. All files of a
package are replaced, or none; a file that bpgen did not write is never
overwritten.`,
		Example: `  bpgen gen digits.bp                     # into digits/, named by the package clause
  bpgen gen -o ../generated/digits digits.bp
  bpgen gen -type float64 -D hidden=64 -D sizes=128,64 digits.bp
  bpgen gen -check digits.bp              # is the package up to date?

  //go:generate go tool bpgen gen digits.bp`,
		Args:                  models,
		ValidArgsFunction:     completeModels,
		DisableFlagsInUseLine: true,
	}
	var g generation
	g.cmd = cmd
	g.opt = modelFlags(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&g.dir, "out", "o", "", "write into `DIR`, not into a folder beside the model that\nis named like the package")
	flags.BoolVar(&g.check, "check", false, "write nothing; fail when the package is not up to date")
	flags.BoolVarP(&g.verbose, "verbose", "v", false, "name the files that change")
	if err := cmd.MarkFlagDirname("out"); err != nil {
		panic(err)
	}
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		switch {
		case g.dir != "" && len(args) > 1:
			return usagef("-o is for one model, %d are named", len(args))
		case cmd.Flags().Changed("out") && g.dir == "":
			return usagef("-o needs a directory")
		}
		return eachModel(args, g.model)
	}
	return cmd
}

// A generation is what one call of gen is to do.
type generation struct {
	cmd            *cobra.Command
	opt            *driver.Options
	dir            string
	check, verbose bool
}

func (g *generation) model(path string, src []byte) error {
	res, err := driver.Generate(path, src, *g.opt)
	if err != nil {
		return err
	}
	if err := report(g.cmd, res.Diags, res.Sources); err != nil {
		return err
	}
	dir := g.dir
	if dir == "" {
		dir = filepath.Join(filepath.Dir(path), res.Package)
	}
	model := filepath.Base(path)
	if g.check {
		return g.stale(path, dir, driver.Stale(dir, model, res.Files))
	}
	changed, err := driver.Write(dir, model, res.Files)
	if g.verbose {
		for _, name := range changed {
			fmt.Fprintln(g.cmd.OutOrStdout(), filepath.Join(dir, name))
		}
	}
	return err
}

// stale says which files are not up to date, and how to mend it.
func (g *generation) stale(path, dir string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	w := g.cmd.ErrOrStderr()
	fmt.Fprintf(w, "%s: the package is not up to date:\n", path)
	for _, name := range names {
		fmt.Fprintf(w, "    %s\n", filepath.Join(dir, name))
	}
	fmt.Fprintf(w, "    hint: run %s\n", g.command(path))
	return errModel
}

// command returns the call that makes the files up to date.
func (g *generation) command(path string) string {
	words := []string{"bpgen", "gen"}
	add := func(flag, value string) {
		if value != "" {
			words = append(words, flag, quote(value))
		}
	}
	add("-o", g.dir)
	add("-pkg", g.opt.Package)
	add("-type", g.opt.Float)
	if g.opt.Plain {
		words = append(words, "-plain")
	}
	if g.opt.Strict {
		words = append(words, "-strict")
	}
	for _, name := range slices.Sorted(maps.Keys(g.opt.Dims)) {
		add("-D", name+"="+g.opt.Dims[name])
	}
	return strings.Join(append(words, quote(path)), " ")
}

// quote makes s one word of a shell's line.
func quote(s string) string {
	if strings.ContainsAny(s, " \t\n\"'`$&|;<>()*?[]#~!\\") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}
