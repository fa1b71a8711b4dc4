package parser

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bpgen/bpgen/internal/diag"
)

// The files in testdata/errors say beside each mistake what is reported on its
// line, and nothing else may be: // ERROR "regexp" "regexp". ABOVE in place of
// ERROR means the line before, for mistakes that swallow a comment.
var (
	wantComment = regexp.MustCompile(`// (ERROR|ABOVE)((?: "[^"]*")+)`)
	wantPattern = regexp.MustCompile(`"([^"]*)"`)
)

func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.bp")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var list diag.List
			Parse(filepath.Base(file), src, &list)
			list.Sort()
			got := map[int][]string{}
			for _, d := range list {
				text := d.Msg + " | " + d.Hint
				for _, n := range d.Notes {
					text += " | " + n.Text
				}
				got[d.Span.Pos.Line] = append(got[d.Span.Pos.Line], text)
			}
			for i, line := range strings.Split(string(src), "\n") {
				m := wantComment.FindStringSubmatch(line)
				if m == nil {
					continue
				}
				at := i + 1
				if m[1] == "ABOVE" {
					at--
				}
				for _, w := range wantPattern.FindAllStringSubmatch(m[2], -1) {
					re := regexp.MustCompile(w[1])
					found := false
					for j, g := range got[at] {
						if re.MatchString(g) {
							got[at] = append(got[at][:j:j], got[at][j+1:]...)
							found = true
							break
						}
					}
					if !found {
						t.Errorf("line %d: no error matches %q; there are %q", at, w[1], got[at])
					}
				}
			}
			for line, rest := range got {
				for _, g := range rest {
					t.Errorf("line %d: unexpected: %s", line, g)
				}
			}
		})
	}
}

// What cannot be shown in a file that editors may touch.
func TestBadBytes(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"package a\nconst x = \xff\n", `2:11: invalid UTF-8`},
		{"package a\n// caf\xe9\n", `2:7: invalid UTF-8 in a comment`},
		{"package a\nconst x = 1\x00\n", `2:12: a NUL byte`},
		{"package a\n// \x00\n", `2:4: a NUL byte in a comment`},
		{"package a\rconst x = 1\n", `1:10: a carriage return without a newline`},
		{"package a\nconst x =\ufeff1\n", `2:10: a byte order mark within the file`},
		{"package a\nconst x = \u2028 1\n", `2:11: unexpected character U\+2028`},
		{"package a\nimport \"x\n", `2:8: a string without its closing quote`},
		{"package a\nimport \"x\x01\"\n", `2:8: a control character in a string`},
		{"\ufeffpackage a\r\n\r\nconst x = 1 // c\r\n", ``},
	} {
		var list diag.List
		f := Parse("a.bp", []byte(c.src), &list)
		list.Sort()
		got := ""
		if len(list) > 0 {
			got = strings.TrimPrefix(list[0].Error(), "a.bp:")
		}
		if !regexp.MustCompile("^"+c.want).MatchString(got) || (c.want == "") != (got == "") {
			t.Errorf("%q: got %q, want %q", c.src, list.Error(), c.want)
		}
		if f.Package.Name != "a" {
			t.Errorf("%q: package %q", c.src, f.Package.Name)
		}
	}
}

func TestEmptyFile(t *testing.T) {
	for _, src := range []string{"", "\n\n", "// only a comment\n"} {
		var list diag.List
		if f := Parse("some/net.bp", []byte(src), &list); f.Package == nil || len(list) != 1 {
			t.Errorf("%q: %v", src, list)
		} else if list[0].Hint != "a file begins with its package clause, as in Go: package net" {
			t.Errorf("%q: hint %q", src, list[0].Hint)
		}
	}
}
