package main

import "github.com/spf13/cobra"

// newRoot returns the table of commands.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "bpgen COMMAND",
		Short: "Write networks and formulas down; get Go code with their derivatives",
		Long: `Bpgen reads models written in its language (.bp files) and writes Go packages
that compute them and their derivatives, and train them.`,
		Example: `  bpgen init mlp          # start from an example: mlp.bp
  bpgen gen mlp.bp        # write the Go package mlp/
  bpgen check mlp.bp      # only say what is wrong`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("what shall be done? name a command")
			}
			return unknownCommand(cmd, args[0])
		},
		RunE:    func(*cobra.Command, []string) error { return nil },
		Version: version(), // for -version

		// Errors are printed in one place, exitCode.
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.AddCommand(genCmd(), checkCmd(), fmtCmd(), initCmd(), dumpCmd(), explainCmd(), serveCmd(), versionCmd(), completionCmd())
	root.SetHelpCommand(helpCmd())
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { help(cmd.OutOrStdout(), cmd) })
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	return root
}
