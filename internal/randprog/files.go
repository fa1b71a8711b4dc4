package randprog

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
)

// Programs in several files.

// A Part is a file that a program imports, by its path from the program's file.
type Part struct{ Path, Decls string }

// text of a file with these declarations.
func fileText(pkg, decls string) string {
	return fmt.Sprintf("package %s\n\nimport \"nn\"\n\n%s", pkg, decls)
}

// File is the text of a file with these programs.
func File(pkg string, ps ...*Program) string {
	var all []string
	for _, p := range ps {
		all = append(all, p.Decls)
	}
	return fileText(pkg, strings.Join(all, "\n"))
}

// Reader reads the files that programs in a file import.
func Reader(ps ...*Program) func(path string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		for _, p := range ps {
			for _, q := range p.Parts {
				if strings.HasSuffix(filepath.ToSlash(path), "/"+strings.TrimPrefix(q.Path, "./")) || filepath.ToSlash(path) == strings.TrimPrefix(q.Path, "./") {
					return []byte(fileText("part", q.Decls)), nil
				}
			}
		}
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
}

// Text is the program as people read it, with the files that it imports.
func (p *Program) Text() string {
	out := p.Decls
	for _, q := range p.Parts {
		out += fmt.Sprintf("-- %s --\n%s", q.Path, q.Decls)
	}
	return out
}

// topName is a name that a declaration of a program has, and others use.
func topName(suffix string) *regexp.Regexp {
	return regexp.MustCompile(`\b[a-z]+[0-9]*of` + suffix + `\b`)
}

// split puts the declarations that come before the func or model into files of
// their own, which import those before them.
func (g *gen) split(decls []string, body string) (string, []Part) {
	if len(decls) == 0 || !g.one(3) {
		return strings.Join(decls, "") + body, nil
	}
	top := topName(g.suffix)
	var parts []Part
	var names [][]string // that each part declares
	// use imports the parts that a text mentions, some under a name.
	use := func(text, from string) string {
		var heads []string
		for i, q := range parts {
			if !strings.HasPrefix(q.Path, from) {
				panic("a part lies elsewhere")
			}
			path := "./" + strings.TrimPrefix(q.Path, from)
			mine := map[string]bool{}
			for _, n := range names[i] {
				mine[n] = true
			}
			used := false
			alias := ""
			if g.one(2) {
				alias = fmt.Sprintf("q%dof%s", i, g.suffix)
			}
			text = top.ReplaceAllStringFunc(text, func(n string) string {
				if !mine[n] {
					return n
				}
				if used = true; alias != "" {
					return alias + "." + n
				}
				return n
			})
			if used {
				heads = append(heads, strings.TrimSpace(fmt.Sprintf("import %s", strings.TrimSpace(alias+fmt.Sprintf(" %q", path)))))
			}
		}
		if len(heads) == 0 {
			return text
		}
		return strings.Join(heads, "\n") + "\n\n" + text
	}
	// The first files have some of the declarations each.
	dir := pick(g, "./", "./parts/")
	for rest, n := decls, 1+g.IntN(2); len(rest) > 0 && n > 0; n-- {
		k := len(rest)
		if n > 1 {
			k = 1 + g.IntN(len(rest))
		}
		text := strings.Join(rest[:k], "")
		var declared []string
		for _, d := range rest[:k] {
			declared = append(declared, top.FindString(declaration.FindString(d)))
		}
		parts = append(parts, Part{fmt.Sprintf("%spart%dof%s.bp", dir, len(parts), g.suffix), use(text, dir)})
		names = append(names, declared)
		rest = rest[k:]
	}
	return use(body, "./"), parts
}

// declaration is the head of one, up to its name.
var declaration = regexp.MustCompile(`^(extern func|func|layer|rule|dim|const) \w+`)

// importLine is that of a part, and partName what stands before a name of one.
var (
	importLine = regexp.MustCompile(`(?m)^import .*"\./.*\n+`)
	partName   = regexp.MustCompile(`\bq[0-9]+of[0-9]+\.`)
)

// Merged is the program in one file.
func (p *Program) Merged() *Program {
	text := ""
	for _, q := range p.Parts {
		text += q.Decls
	}
	q := p.with(partName.ReplaceAllString(importLine.ReplaceAllString(text+p.Decls, ""), ""))
	q.Parts = nil
	return q
}
