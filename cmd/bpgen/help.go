package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// help prints the help of cmd, with flags spelled with one dash as in Go's own
// tools.
func help(w io.Writer, cmd *cobra.Command) {
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	fmt.Fprintf(w, "%s\n\nUsage:\n  %s\n", text, cmd.UseLine())
	if cmd.HasAvailableSubCommands() {
		fmt.Fprint(w, "\nCommands:\n")
		table(w, func(row func(string, string)) {
			for _, c := range cmd.Commands() {
				if c.IsAvailableCommand() {
					row(c.Name(), c.Short)
				}
			}
		})
	}
	fmt.Fprint(w, "\nFlags:\n")
	table(w, func(row func(string, string)) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			value, usage := pflag.UnquoteUsage(f)
			name := "-" + f.Name
			if f.Shorthand != "" {
				name = "-" + f.Shorthand + ", " + name
			}
			row(strings.TrimSpace(name+" "+value), usage)
		})
	})
	if cmd.HasExample() {
		fmt.Fprintf(w, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\nRun '%s COMMAND -h' for more about a command.\n", cmd.CommandPath())
	}
}

// addHelpFlags adds the flags that every command has, which the library would
// add only when it runs the command.
func addHelpFlags(cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
}

// table prints two columns. A line break in the second keeps its column.
func table(w io.Writer, rows func(row func(left, right string))) {
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	rows(func(left, right string) {
		for line := range strings.SplitSeq(right, "\n") {
			fmt.Fprintf(tw, "  %s\t%s\n", left, line)
			left = ""
		}
	})
	tw.Flush()
}

// helpCmd is the library's own, but for a topic that it doesn't know, which is
// a wrong call.
func helpCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Say more about a command",

		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(cmd.Root(), args[0])
			}
			addHelpFlags(about)
			return about.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if len(args) == 0 {
				for _, c := range cmd.Root().Commands() {
					if c.IsAvailableCommand() {
						names = append(names, c.Name()+"\t"+c.Short)
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}
