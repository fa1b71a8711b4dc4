package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Go's own tools write -type and take --type. The flag library, chosen for its
// completion in four shells, takes -type for -t -y -p -e. This file is what
// stands between.

// twoDashes spells the flags in args as the library wants them: a word behind
// one dash that is the name of a flag gets its second dash, and a single letter
// behind two dashes loses one. What is no flag at all becomes a long one, so
// that the error is about the word that was typed.
func twoDashes(root *cobra.Command, args []string) []string {
	line, from := args, 0
	if completing(args) {
		line, from = args[1:], 1
	}
	cmd, _, _ := root.Find(line)
	if cmd == nil {
		cmd = root
	}
	addHelpFlags(cmd)
	flags := cmd.Flags()

	out := append([]string{}, args...)
	for i := from; i < len(out); i++ {
		arg := out[i]
		if arg == "--" {
			break
		}
		word := strings.TrimLeft(arg, "-")
		dashes := len(arg) - len(word)
		if dashes == 0 || dashes > 2 || word == "" {
			continue
		}
		name, value, valued := strings.Cut(word, "=")
		var takes *pflag.Flag // the flag that the next argument may belong to
		switch {
		case len(name) == 1 && flags.ShorthandLookup(name) != nil:
			takes = flags.ShorthandLookup(name)
			out[i] = "-" + word
			if valued {
				// The library takes what follows -o as the value,
				// the equals sign of -o= included.
				out[i] = "--" + takes.Name + "=" + value
			}
		case flags.Lookup(name) != nil || dashes == 2:
			out[i] = "--" + word
			takes = flags.Lookup(name)
		default:
			last, ok := bundle(flags, word)
			if !ok {
				out[i] = "--" + word
			}
			takes = last
		}
		if takes != nil && takes.NoOptDefVal == "" && !valued {
			i++
		}
	}
	return out
}

// bundle reports whether word is short flags in a row, as in -lw, the last
// perhaps with its value, as in -Dn=8. It returns the last one when its value
// is still to come.
func bundle(flags *pflag.FlagSet, word string) (last *pflag.Flag, ok bool) {
	for i := range len(word) {
		f := flags.ShorthandLookup(word[i : i+1])
		switch {
		case f == nil:
			return nil, false
		case f.NoOptDefVal != "": // a switch
		case i == len(word)-1:
			return f, true
		default:
			return nil, true
		}
	}
	return nil, true
}

// completing reports whether a shell asks how the line behind args[0] goes on.
func completing(args []string) bool {
	return len(args) > 1 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd)
}

// oneDash returns where to write to. When a shell asks about a word behind one
// dash, the flags in the answer get one too: the shell takes an answer only as
// the continuation of what stands there.
func oneDash(args []string, out io.Writer) io.Writer {
	if last := len(args) - 1; completing(args) && strings.HasPrefix(args[last], "-") && !strings.HasPrefix(args[last], "--") {
		return dashTrimmer{out}
	}
	return out
}

// A dashTrimmer takes the first of two dashes from whatever is written. The
// library writes an answer at a time.
type dashTrimmer struct{ w io.Writer }

func (d dashTrimmer) Write(p []byte) (int, error) {
	s := string(p)
	if strings.HasPrefix(s, "--") {
		s = s[1:]
	}
	if _, err := io.WriteString(d.w, s); err != nil {
		return 0, err
	}
	return len(p), nil
}
