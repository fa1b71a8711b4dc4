package main

import (
	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/internal/driver"
	"github.com/spf13/cobra"
)

func checkCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [flags] FILE...",
		Short: "Say what is wrong with a model",
		Long: `Check says what is wrong with each model, with the place, both sides of a
mismatch and where they come from, and writes nothing.`,
		Example: `  bpgen check digits.bp
  bpgen check -json *.bp          # for editors and other tools
  bpgen check -D hidden=64 digits.bp`,
		Args:                  models,
		ValidArgsFunction:     completeModels,
		DisableFlagsInUseLine: true,
	}
	opt := modelFlags(cmd)
	json := cmd.Flags().Bool("json", false, "print the diagnostics as JSON on standard output")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		all := diag.List{}
		err := eachModel(args, func(path string, src []byte) error {
			res, err := driver.Check(path, src, *opt)
			switch {
			case err != nil:
				return err
			case !*json:
				return report(cmd, res.Diags, res.Sources)
			case len(res.Diags) > 0:
				all = append(all, res.Diags...)
				return blame(res.Diags)
			}
			return nil
		})
		if *json {
			// One array for all models, empty when nothing is wrong.
			if e := diag.JSON(cmd.OutOrStdout(), all); e != nil {
				return e
			}
		}
		return err
	}
	return cmd
}
