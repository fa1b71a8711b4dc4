package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bpgen/bpgen/internal/diag"
	"github.com/bpgen/bpgen/internal/driver"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"
)

// stdin is what standard input is called in messages.
const stdin = "<standard input>"

func fmtCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fmt [flags] [FILE|DIR]...",
		Short: "Lay models out in the one way",
		Long: `Fmt prints each model in its canonical layout. Without a name it formats
standard input; of a directory it takes every .bp file in and below it.`,
		Example: `  bpgen fmt digits.bp     # print it
  bpgen fmt -w .          # rewrite what is not formatted
  bpgen fmt -l .          # only name what is not formatted
  bpgen fmt -d .          # show what would change; fail if anything would
  bpgen fmt < digits.bp   # as editors do`,
		ValidArgsFunction:     completeModels,
		DisableFlagsInUseLine: true,
	}
	f := formatting{cmd: cmd}
	flags := cmd.Flags()
	flags.BoolVarP(&f.list, "list", "l", false, "print the names of files that are not formatted")
	flags.BoolVarP(&f.diff, "diff", "d", false, "print what would change; fail if anything would")
	flags.BoolVarP(&f.write, "write", "w", false, "write the result back to the file")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			if f.write {
				return usagef("-w needs files to write to; standard input is none")
			}
			src, err := io.ReadAll(cmd.InOrStdin())
			if err != nil {
				return err
			}
			return f.text(stdin, src)
		}
		paths, err := find(args)
		errs := errorList{}
		errs.add(err)
		errs.add(eachModel(paths, f.text))
		return errs.err()
	}
	return cmd
}

// find replaces the directories among paths by the models in and below them.
// Like the go command it passes by what starts with a dot or an underscore,
// and testdata, where models may be wrong on purpose.
func find(paths []string) ([]string, error) {
	var files []string
	var errs errorList
	for _, root := range paths {
		info, err := os.Stat(root)
		if err != nil || !info.IsDir() {
			files = append(files, root) // reading it will tell
			continue
		}
		errs.add(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch name := d.Name(); {
			case err != nil:
				return err
			case d.IsDir() && path != root && (name[0] == '.' || name[0] == '_' || name == "testdata"):
				return fs.SkipDir
			case d.Type().IsRegular() && strings.HasSuffix(name, ".bp") && name[0] != '.':
				files = append(files, path)
			}
			return nil
		}))
	}
	return files, errs.err()
}

// A formatting is what one call of fmt is to do.
type formatting struct {
	cmd               *cobra.Command
	list, diff, write bool
}

// text formats one model. What -l, -d and -w do is what they do for gofmt,
// exit codes included.
func (f *formatting) text(path string, src []byte) error {
	out := f.cmd.OutOrStdout()
	res, diags := driver.Format(path, src)
	if err := report(f.cmd, diags, diag.Sources{path: src}); err != nil {
		return err
	}
	if !f.list && !f.diff && !f.write {
		_, err := out.Write(res)
		return err
	}
	if bytes.Equal(src, res) {
		return nil
	}
	if f.list {
		fmt.Fprintln(out, path)
	}
	if f.write {
		if err := driver.Replace(path, res); err != nil {
			return err
		}
	}
	if f.diff {
		name := filepath.ToSlash(path)
		if _, err := out.Write(diff.Diff(name+".orig", src, name, res)); err != nil {
			return err
		}
		return errModel
	}
	return nil
}
