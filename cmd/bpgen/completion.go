package main

import (
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// shells are the shells that the library can complete for.
var shells = map[string]func(root *cobra.Command, w io.Writer) error{
	"bash":       func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) },
	"zsh":        (*cobra.Command).GenZshCompletion,
	"fish":       func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) },
	"powershell": (*cobra.Command).GenPowerShellCompletionWithDesc,
}

func completionCmd() *cobra.Command {
	names := slices.Sorted(maps.Keys(shells))
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a script that lets a shell complete bpgen's arguments",
		Long: `Completion prints a script for bash, fish, powershell or zsh. Once the shell
has read it, the tab key completes commands, flags, their values and models.
Bash needs its package bash-completion for that.`,
		Example: `  source <(bpgen completion bash)       # in ~/.bashrc
  source <(bpgen completion zsh)        # in ~/.zshrc, after compinit
  bpgen completion fish | source        # in ~/.config/fish/config.fish
  bpgen completion powershell | Out-String | Invoke-Expression`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("name one shell: %s", strings.Join(names, ", "))
			}
			if shells[args[0]] == nil {
				return usagef("no completion for %s, only for %s", args[0], strings.Join(names, ", "))
			}
			return nil
		},
		ValidArgsFunction: cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			return shells[args[0]](cmd.Root(), cmd.OutOrStdout())
		},
		DisableFlagsInUseLine: true,
	}
}
