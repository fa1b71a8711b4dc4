package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bpgen/bpgen/explain"
	"github.com/bpgen/bpgen/internal/driver"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func explainCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain [flags] FILE [NAME...]",
		Short: "Say how a model's gradients come about",
		Long: `Explain shows backpropagation through a func or model, all of the file or those
that are named, in four ways: as equations, as a circuit with values and
gradients on its wires, as a flow graph, and as the errors' way down the layers.
What it shows is read off the graph that the generated code is made from.
Without -as it writes one page of HTML with all four, the model and the
generated Go, linked with each other.`,
		Example: `  bpgen explain net.bp > net.html
  bpgen explain -as equations -steps net.bp MLP
  bpgen explain -as circuit -at x=-2,y=5,z=-4 lecture.bp Circuit
  bpgen explain -as deltas -batch data.json net.bp
  bpgen explain -as circuit -format svg -o circuit.svg lecture.bp Circuit`,
		ValidArgsFunction:     completeModels,
		DisableFlagsInUseLine: true,
	}
	var x explanation
	x.cmd = cmd
	x.opt = modelFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&x.as, "as", "", "show one way only: equations, circuit, graph or deltas")
	flags.StringVar(&x.format, "format", "", "text, html, svg, latex or markdown; text with -as, html without")
	flags.StringVar(&x.at, "at", "", "look at it where inputs have these `VALUES`, as in x=-2,w=[1,0.5];\nwhat has none is drawn at random, always the same")
	flags.StringVar(&x.batch, "batch", "", "take values from `FILE`: JSON, an object of arrays by name; or CSV, with a\nrow for each example and columns called x, or x[0], x[1] and so on; arguments\nthat neither it nor -at has are an error, parameters are drawn at random")
	flags.BoolVar(&x.steps, "steps", false, "derive each backward equation step by step")
	flags.StringVar(&x.fold, "fold", "", "gates of a circuit seen as one: none; inner, such as a σ that is written out;\nor all, layers and neurons too; else all where there are many")
	flags.IntVar(&x.width, "width", 0, "columns of text; 0: those of the terminal, $COLUMNS, or 100")
	flags.StringVarP(&x.out, "out", "o", "", "write into `FILE`, not on standard output")
	var views []string
	for _, v := range explain.Views() {
		views = append(views, v.Name+"\t"+v.Doc)
	}
	complete(cmd, "as", views...)
	complete(cmd, "format", explain.Formats()...)
	complete(cmd, "fold", foldings()...)
	complete(cmd, "at")
	complete(cmd, "width")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if err := models(cmd, args); err != nil {
			return err
		}
		return x.run(args[0], args[1:])
	}
	return cmd
}

// An explanation is what one call of explain is to do.
type explanation struct {
	cmd                        *cobra.Command
	opt                        *driver.Options
	as, format, at, batch, out string
	fold                       string
	steps                      bool
	width                      int
}

func (x *explanation) run(path string, names []string) error {
	views := explain.Views()
	if x.as != "" {
		v, err := view(x.as)
		if err != nil {
			return err
		}
		views = []explain.View{v}
	}
	switch {
	case x.format == "" && x.as == "":
		x.format = "html"
	case x.format == "":
		x.format = "text"
	case !slices.Contains(explain.Formats(), x.format):
		return usagef("no format is called %q%s", x.format, didYouMean("", x.format, explain.Formats()))
	case x.format == "svg" && x.as == "":
		return usagef("which drawing? name it with -as")
	}
	if x.fold != "" && !slices.Contains(foldings(), x.fold) {
		return usagef("nothing is folded as %q%s", x.fold, didYouMean("", x.fold, foldings()))
	}
	point, err := x.point()
	if err != nil {
		return err
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	e, res, err := driver.Explain(path, src, *x.opt)
	if res != nil {
		err = errors.Join(err, report(x.cmd, res.Diags, res.Sources))
	}
	if err != nil {
		return err
	}
	if err := e.Keep(names); err != nil {
		return usagef("%s: %v", path, err)
	}
	if err := e.Fits(point); err != nil {
		return usagef("%s: %v", path, err)
	}
	if x.batch != "" {
		if err := e.Whole(point); err != nil {
			return fmt.Errorf("%s: %w; give them there or with -at", x.batch, err)
		}
	}
	text, err := e.Write(x.format, views, point, explain.Options{Width: x.columns(), Color: x.out == "" && colored(x.cmd.OutOrStdout()), Steps: x.steps, Fold: explain.Folding(x.fold)})
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if x.out != "" {
		return os.WriteFile(x.out, []byte(text), 0o666)
	}
	_, err = bytes.NewBufferString(text).WriteTo(x.cmd.OutOrStdout())
	return err
}

func view(name string) (explain.View, error) {
	var names []string
	for _, v := range explain.Views() {
		if v.Name == name {
			return v, nil
		}
		names = append(names, v.Name)
	}
	return explain.View{}, usagef("nothing is explained as %q%s", name, didYouMean("", name, names))
}

func foldings() []string {
	var out []string
	for _, f := range explain.Foldings() {
		out = append(out, string(f))
	}
	return out
}

func (x *explanation) point() (*explain.Point, error) {
	p := &explain.Point{Batch: 4}
	if x.batch != "" {
		data, err := os.ReadFile(x.batch)
		if err != nil {
			return nil, err
		}
		read := p.ReadJSON
		if strings.EqualFold(filepath.Ext(x.batch), ".csv") {
			read = p.ReadCSV
		}
		if err := read(data); err != nil {
			return nil, fmt.Errorf("%s: %w", x.batch, err)
		}
	}
	if err := p.Parse(x.at); err != nil {
		return nil, usagef("-at: %v", err)
	}
	return p, nil
}

// columns is how wide text may be.
func (x *explanation) columns() int {
	if x.width > 0 {
		return max(x.width, 20)
	}
	if f, ok := x.cmd.OutOrStdout().(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return max(n, 20)
	}
	return 100
}
