package main

import (
	"bytes"
	"errors"

	"github.com/bpgen/bpgen/internal/driver"
	"github.com/spf13/cobra"
)

func dumpCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dump [flags] -phase NAME FILE...",
		Short: "Show a model on its way to Go",
		Long: `Dump prints a model as it stands after one of bpgen's phases. Without a phase
it lists them.`,
		Example: `  bpgen dump                       # list the phases
  bpgen dump -phase graph net.bp
  bpgen dump -phase loop -D hidden=4 net.bp`,
		ValidArgsFunction:     completeModels,
		DisableFlagsInUseLine: true,
	}
	opt := modelFlags(cmd)
	phase := cmd.Flags().String("phase", "list", "the `NAME` of the phase")
	var names []string
	for _, p := range driver.Phases() {
		names = append(names, p.Name+"\t"+p.Doc)
	}
	complete(cmd, "phase", names...)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if *phase == "list" {
			if len(args) > 0 {
				return usagef("which phase? name it with -phase; 'bpgen dump' lists them")
			}
			table(cmd.OutOrStdout(), func(row func(string, string)) {
				for _, p := range driver.Phases() {
					row(p.Name, p.Doc)
				}
			})
			return nil
		}
		if err := models(cmd, args); err != nil {
			return err
		}
		if err := knownPhase(*phase); err != nil {
			return err
		}
		return eachModel(args, func(path string, src []byte) error {
			// Nothing half is printed: what is wrong with the model may
			// show only later.
			var text bytes.Buffer
			res, err := driver.Dump(&text, path, src, *phase, *opt)
			if res != nil {
				err = errors.Join(err, report(cmd, res.Diags, res.Sources))
			}
			if err == nil {
				_, err = cmd.OutOrStdout().Write(text.Bytes())
			}
			return err
		})
	}
	return cmd
}

func knownPhase(name string) error {
	var names []string
	for _, p := range driver.Phases() {
		if p.Name == name {
			return nil
		}
		names = append(names, p.Name)
	}
	return usagef("no phase is called %q%s", name, didYouMean("", name, names))
}
