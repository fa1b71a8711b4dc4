package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/bpgen/bpgen/templates"
	"github.com/spf13/cobra"
)

// starters is where the models that init writes stand.
const starters = "bp/starters"

func initCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "init [flags] [NAME]",
		Short: "Write a model to start from",
		Long: `Init writes a starter, a small model with comments, into the current directory.
It never overwrites a file. Without a name it lists the starters.`,
		Example: `  bpgen init -list
  bpgen init mlp          # writes mlp.bp`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("init writes one starter, %d are named", len(args))
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			if len(args) == 0 {
				for _, s := range starterList() {
					names = append(names, s.name+"\t"+s.doc)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		DisableFlagsInUseLine: true,
	}
	list := cmd.Flags().Bool("list", false, "list the starters")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		out := cmd.OutOrStdout()
		if *list || len(args) == 0 {
			table(out, func(row func(string, string)) {
				for _, s := range starterList() {
					row(s.name, s.doc)
				}
			})
			return nil
		}
		name := strings.TrimSuffix(args[0], ".bp")
		if err := writeStarter(name); err != nil {
			return err
		}
		fmt.Fprintf(out, `%[1]s.bp is written. Generate its Go package, %[1]s/, with

    bpgen gen %[1]s.bp

or, once 'go get -tool github.com/bpgen/bpgen/cmd/bpgen' has made bpgen a tool
of your module, with 'go generate' and this line in a Go file beside it:

    //go:generate go tool bpgen gen %[1]s.bp
`, name)
		return nil
	}
	return cmd
}

func writeStarter(name string) error {
	var names []string
	var text []byte
	for _, s := range starterList() {
		names = append(names, s.name)
		if s.name == name {
			text = s.text
		}
	}
	if text == nil {
		return usagef("no starter is called %q%s", name, didYouMean("", name, names))
	}
	file := name + ".bp"
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists already, and was left as it is", file)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(file)
	}
	return err
}

type starter struct {
	name, doc string
	text      []byte
}

// starterList returns the starters by name. The first line of each is
// "// Package NAME …" and says what it is.
func starterList() []starter {
	entries, err := templates.Starters.ReadDir(starters)
	if err != nil {
		panic(err) // they are embedded
	}
	var all []starter
	for _, e := range entries {
		text, err := templates.Starters.ReadFile(path.Join(starters, e.Name()))
		if err != nil {
			panic(err)
		}
		name := strings.TrimSuffix(e.Name(), ".bp")
		line, _ := bufio.NewReader(bytes.NewReader(text)).ReadString('\n')
		doc := strings.TrimPrefix(strings.TrimSpace(line), "// Package "+name+" ")
		all = append(all, starter{name, strings.TrimSuffix(doc, "."), text})
	}
	return all
}
